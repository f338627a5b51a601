"""Groups and graph → the requirements to remove, and the smaller requirements files."""
