"""The databases of dpkg, apk and rpm → packages with their paths."""
