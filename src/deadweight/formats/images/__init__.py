"""Image references, and the layers of an image on top of each other."""
