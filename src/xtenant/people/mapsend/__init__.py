"""Sending an identity map: the file as it is on disk, what would be lost, the call itself, reading back, the files kept."""
