"""Measurement → conclusions: the dependency graph, groups, splits and proofs, as one value and as the public report."""
