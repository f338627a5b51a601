"""Steps, what each frees, and bytes to free → the cheapest set of steps that frees them, with proof.

values.py    steps, chunks, solutions       chunks.py    the dependency graph → chunks
problem.py   chunks → bit sets              bounds.py    how much undecided steps can free at most
search.py    branch and bound               knapsack.py  the case in which no two steps share a chunk
"""

from __future__ import annotations

from deadweight.reaching.chunks import chunks_of
from deadweight.reaching.search import solve
from deadweight.reaching.values import Chunk, Limits, Solution, Step

__all__ = ["Chunk", "Limits", "Solution", "Step", "chunks_of", "solve"]
