"""People and their identities: the pre-creation plan, the identity map built and linted, access before and after."""
