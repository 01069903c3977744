"""Paths and names at the target: which become too long or are not allowed there, and the fewest changes that mend it."""
