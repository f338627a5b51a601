"""Archives, on disk or on a server → what they contain; the cache of their listings."""
