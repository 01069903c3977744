"""Carrying out a plan of identities over Graph: create, add to groups, look after, open."""
