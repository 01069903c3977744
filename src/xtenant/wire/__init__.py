"""What all protocols share: routes and the HTTP edge, bearer tokens, OData, the transport, bulk transfer."""
