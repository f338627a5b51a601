"""One module for each command: what the user asked for → a value that a report is written from."""
