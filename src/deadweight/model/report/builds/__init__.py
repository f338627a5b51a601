"""The results about builds of images."""
