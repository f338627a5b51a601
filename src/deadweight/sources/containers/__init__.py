"""Docker and podman → images and containers as streams."""
