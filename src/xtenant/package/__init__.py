"""The snapshot on disk: parts of a SharePoint migration package (archive profile), written, read and checked as streams.

Elements and attributes are those of Microsoft's 2013 deployment manifest schema (`urn:deployment-manifest-schema`); what it
has no place for stands in attributes it lets pass (`SHA256`, `QuickXorHash`, `FileSize` on `File`) or in properties named
`xt_…`. Pure: bytes in, values out, and back.
"""
