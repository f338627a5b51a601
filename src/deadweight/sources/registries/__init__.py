"""An image in a registry → its documents and layers."""
