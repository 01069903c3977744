"""Graph as we call it: one module per noun over `wire.transport.Session`."""
