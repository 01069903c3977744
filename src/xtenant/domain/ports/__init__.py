"""What the pure houses need from the world, one module per noun; `storage/`, `outside/` and `protocols/*/call` provide it."""
