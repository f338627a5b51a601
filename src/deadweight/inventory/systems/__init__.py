"""Images and other whole systems: their contents besides Python environments, and the program that they start."""
