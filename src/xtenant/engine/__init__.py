"""The move engine: a table of phases, a dispatcher that claims due jobs, and runners that carry claims on (design section 6)."""
