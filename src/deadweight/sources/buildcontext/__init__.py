"""A directory on this machine → the build context that Docker makes of it, and the files that say what it needs."""
