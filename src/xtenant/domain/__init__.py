"""What the field's words mean: pure values and rules.

No IO, no clock, no SQL, no logging. Everything else in the project imports from here; this house imports nothing of ours.
"""
