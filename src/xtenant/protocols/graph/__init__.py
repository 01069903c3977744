"""Microsoft Graph v1.0 as far as moving content needs it: sites, drives, items, users, groups, tenants, batch."""
