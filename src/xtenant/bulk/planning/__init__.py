"""Making a plan: what of a tenant can move, where it goes, in which waves."""
