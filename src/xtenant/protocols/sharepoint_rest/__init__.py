"""SharePoint REST below `/_api`: context and digest, the MultiGeo service, site administration, our inbox route."""
