"""A module for each command: its options and arguments → an operation → what it prints."""
