"""Thousands of moves from one plan: what will go wrong, found beforehand; the plan's state beside its file (design section 3)."""
