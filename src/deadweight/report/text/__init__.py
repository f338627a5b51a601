"""Report → text for a terminal. ``as_text.py`` puts it together; the other modules are its parts."""
