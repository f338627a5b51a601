"""The ways to measure a target: from archives, by installing, or as a whole system."""
