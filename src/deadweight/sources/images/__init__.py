"""An image in an archive, a directory or a stream → FileTree."""
