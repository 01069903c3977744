"""Entra's sign-in as the clients use it: discovery, tokens, device codes (content-api.md 3)."""
