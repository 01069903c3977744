"""The rows of the table of cmdlets, a module for each noun; `cmdlets/table.py` puts them together."""
