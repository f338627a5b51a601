"""A directory on this machine → FileTree."""
