"""A Python version and a platform → what fits them: wheel tags, marker values, the archives of a lock."""
