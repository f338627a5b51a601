"""Report → one HTML file that works offline.

as_html.py    puts the page together
facts.py      the figures and notes at the top of the page
data.py       the JSON in the page, which the treemap, the table and the dependency view read
templates.py  renders a page, with the hashes of its Content-Security-Policy
base.html.j2  the frame of every page, into which style.css is put; page.html.j2 extends it for a report, with script.js
"""
