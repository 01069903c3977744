"""Proof of whole sites: every fact that Graph, REST and CSOM tell of a site, before a move and after it, and what differs."""
