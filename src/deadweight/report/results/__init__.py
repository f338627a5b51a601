"""Results of other commands than ``profile`` → text and JSON, a module for each."""
