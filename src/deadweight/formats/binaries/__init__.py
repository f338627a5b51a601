"""ELF, Mach-O and PE files → what they are and need."""
