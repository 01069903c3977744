"""What a caller may ask a tenant for: plain functions, one module per noun, one unit of work each.

Only a function that asks the partner is async, in three parts: read and close, ask, decide and record in a second unit
that rechecks what it read. Answering a partner never asks the partner back.
"""
