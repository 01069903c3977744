"""The real clock, ids and mail: the only house that touches the operating system for them."""
