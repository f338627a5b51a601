"""A result as sentences and tables, which Markdown and HTML write alike.

values.py    the parts of a document        markdown.py  document → Markdown; html/document.py writes HTML
imports.py, services.py, trim.py  results → documents
formats.py   the formats of imports and trim
"""
