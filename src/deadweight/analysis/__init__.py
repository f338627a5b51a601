"""Inventory → conclusions: who needs what, groups, splits and proofs, as one value and as the public report."""
