"""Container engines → images and containers as streams."""
