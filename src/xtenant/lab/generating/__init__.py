"""Made-up estates for the lab, from a seed: pure generators of the records of `domain/estates.py`, no clock, no IO."""
