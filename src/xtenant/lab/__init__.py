"""The embedded lab: tenants as processes of their own, a proxy that leads Microsoft's host names to them, mail, certificates.

Everything listens on loopback and writes into the lab's home only; nothing needs root, the hosts file or the system's
certificates.
"""
