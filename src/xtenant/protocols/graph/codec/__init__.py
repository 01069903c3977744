"""Graph's wire forms as pure values: identifiers, addresses, query options, JSON in and out, errors."""
