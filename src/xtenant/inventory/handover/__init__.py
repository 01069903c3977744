"""Handover files: what one administrator tells the other of a tenant, signed, at a level they choose (settled C 19).

A file is a zip of a manifest, its signature and JSON Lines parts. It is signed, not encrypted. Everything in a file of the other
side is hostile input until its signature, its key and every part have been checked.
"""
