"""The text of an application's files → what they import, start and name. Nothing is run."""
