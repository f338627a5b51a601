"""ELF, Mach-O and PE files → what they are and what they need."""
