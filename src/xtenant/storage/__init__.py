"""The ports made real: SQLAlchemy Core tables, one repository per noun, blob stores."""
