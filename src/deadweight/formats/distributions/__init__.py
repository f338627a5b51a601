"""What a distribution records about itself: METADATA, RECORD, wheels and sdists."""
