"""What an image ships → findings: which bytes a change to its Dockerfile saves. Pure, on values.

case.py      what rules about files read           files/      rules about files
portions.py  sums of files by layer
judging.py   rules about distributions: groups, GPUs, what nothing reaches
ranking.py   the order of the findings, and what each saves beside the others
lines.py     the history and a Dockerfile → the instruction that made each layer
"""
