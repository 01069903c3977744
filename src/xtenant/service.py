"""Composition root of a tenant service: picks stores, mounts protocols, starts the engine and the mail sender.

Nothing here decides anything; it only names what goes where.
"""
