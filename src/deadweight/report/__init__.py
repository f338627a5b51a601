"""Report → str: bytes in JSON, human-readable units in text, in a fixed order. Nothing here prints."""
