"""The plan of identities: who needs one on the target, how it comes about, and what stands in the way (step 4)."""
