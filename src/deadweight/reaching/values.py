"""Steps, the chunks of bytes that they free, and solutions."""

from __future__ import annotations

from msgspec import Struct


class Step(Struct, frozen=True, order=True):
    """Something that the user can do to save bytes: drop a requirement, trim all tests, swap a project.

    name: unique among the steps of a problem
    cost: effort in points, more than 0
    """

    name: str
    cost: int


class Chunk(Struct, frozen=True):
    """Bytes that go together.

    clauses: sets of names of steps. The chunk is freed if each clause contains a chosen step. So a distribution that
             two requirements reach has a clause for each of them. An empty clause never contains one.
    also:    steps each of which frees the chunk alone, as if it was in every clause: trimming the tests that these
             bytes are
    """

    bytes: int
    clauses: frozenset[frozenset[str]]
    also: frozenset[str] = frozenset()


class Limits(Struct, frozen=True):
    """When to stop without a proof.

    nodes: subproblems. Unlike ``seconds``, this limit gives the same answer on every machine.
    """

    seconds: float = 10.0
    nodes: int = 1_000_000


class Solution(Struct, frozen=True, kw_only=True):
    """The chosen steps and what is proven about them.

    steps:   sorted names; empty if nothing is to be done, or if ``reached`` is false
    cost:    the sum of the costs of the steps
    bytes:   what the steps free
    most:    what all steps together free. If that is too little, ``reached`` is false. Solving again with a need of
             ``most`` returns the cheapest steps to the floor.
    bound:   no set of steps that frees enough costs less
    settled: whether the ties are proven too: at this cost nothing frees more, and so on. False only if a limit was hit.
    """

    steps: tuple[str, ...] = ()
    cost: int = 0
    bytes: int = 0
    most: int
    reached: bool = True
    bound: int = 0
    settled: bool = True

    @property
    def optimal(self) -> bool:
        """Whether it is proven that no cheaper set of steps frees enough."""
        return self.reached and self.cost == self.bound
