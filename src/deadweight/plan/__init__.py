"""Groups and graph → what to leave out, and the requirements files that leave it out."""
