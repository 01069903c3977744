"""The findings of a check as files to hand around: one HTML page that needs nothing else, CSV for a spreadsheet, JSON for scripts."""
