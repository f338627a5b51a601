"""Report → one HTML file that works offline.

as_html.py    puts the page together, with the hashes of its Content-Security-Policy
facts.py      the figures and notes at the top of the page
data.py       the JSON in the page, which the treemap, the table and the dependency view read
page.html.j2  the page; style.css and script.js are put into it
"""
