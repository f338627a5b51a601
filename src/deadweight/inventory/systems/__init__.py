"""What an image or another whole system contains beside its Python environments, and what starts in it."""
