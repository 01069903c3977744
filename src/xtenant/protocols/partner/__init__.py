"""The channel between two tenants' services: names are Microsoft's, contents our own choice (design section 5)."""
