"""Requirements → the archives that an installer would choose."""
