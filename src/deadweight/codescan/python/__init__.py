"""Python modules and notebooks → their imports and the names in their strings. They are parsed and never run."""
