"""The output of uv and pip, and the pages of indexes."""
