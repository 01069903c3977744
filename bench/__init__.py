"""Benchmarks: figures, each beside a peer in the same run. They are printed, never asserted."""
