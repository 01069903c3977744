"""Verbs written out as PowerShell that an administrator reads, runs in Microsoft's own shell, and reports back (settled C 10).

A script is one fixed beginning (`prologue.ps1`), steps of one plain cmdlet line each, and one fixed end (`epilogue.ps1`).
"""
