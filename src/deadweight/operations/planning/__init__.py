"""What makes a target smaller: levels, and the way to a target size."""
