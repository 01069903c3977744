"""What a tenant holds, crawled over the wire into a local file (settled C 2); handover between two administrators."""
