"""A Python version and a platform → compatible wheel tags, marker values, and the archives of a lock to install."""
