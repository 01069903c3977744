"""Validation, Backup, Restore, Cleanup. Phases do not know each other; `engine/move.py` holds the table."""
