"""Report and inventory → a full-screen browser of what takes space, with what dropping the marked requirements frees.

nodes.py     the tree of what is shown          files.py     the files of each distribution, as ranges of paths
marks.py     marked distributions → freed bytes browsing.py  the position: list, order, filter, marks
columns.py   a row as text                      details.py   all that is known of a row
app.py       the screen; only app.py, listing.py and dialogs.py import textual
"""
