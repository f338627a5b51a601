"""Python modules and notebooks → what they import and name. They are parsed and never run."""
