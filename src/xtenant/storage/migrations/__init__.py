"""Alembic migrations of the schema: forward only. Each says the oldest code that can read its result."""
