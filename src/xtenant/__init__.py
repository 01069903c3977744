"""Move SharePoint sites and OneDrives between Microsoft 365 tenants: a tenant service and the tools."""
