"""Image references, image history, and the layers of an image."""
