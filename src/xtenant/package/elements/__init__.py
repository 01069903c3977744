"""Manifest objects as elements of the 2013 deployment manifest schema: one module a noun, writing and reading side by side.

What the schema has no place for stands where it lets something pass: attributes of `File`, `ListItem` and `Field`, and
properties named `xt_…` of webs, root folders and attachments (migration-package 6).
"""
