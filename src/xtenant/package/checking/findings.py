"""What is found in a package, and the rules it is held against."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Severity(Enum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`file` is a path below the package's folder; `line` that of the element, 0 for the file as a whole."""

    rule: str
    severity: Severity
    file: str
    line: int
    message: str
    remedy: str


RULES: dict[str, str] = {
    "P-01": "Write all eight files of a package; nothing else belongs beside them (migration-package 5).",
    "P-02": "Write UTF-8 XML without a document type, with the root element and namespace of the file (5).",
    "P-03": "Keep to the elements of the schema and their order (6).",
    "P-04": "Keep to the attributes of the schema; strip what another tool added (6).",
    "P-05": "Write GUIDs, whole numbers, true or false, and dates in UTC (7.2).",
    "P-06": "List everybody whom the manifest names in UserGroup.xml, once each (5.3).",
    "P-07": "Give every object an id and an address of its own (7.4).",
    "P-08": "Have every id lead to an object of the package or to a SystemObject (5.2).",
    "P-09": "Write addresses in the form of their place: server-relative or web-relative (7.1).",
    "P-10": "Put every FileValue into the content folder, and nothing else (3).",
    "P-11": "Make the package again from its source: content is not what the manifest says (3).",
    "P-12": "Write all versions of a file, oldest first, each once (6.3).",
    "P-13": "Declare every folder before what is in it, or name it as a SystemObject (6.1).",
    "P-14": "Write each file's ListItem behind it, with the same address and number (7.6).",
    "P-15": "Cut the package smaller: 250 versions, 250 MB, 25 MB a manifest (10.1, 7.5).",
    "P-16": "Export again: the archive is not what its ledger says.",
    "P-17": "Have SystemData.xml name the manifests and the schema's version (5.2).",
    "P-18": "Fill in ExportSettings.xml: SiteUrl, SourceType, IncludeSecurity (5.1).",
    "P-19": "Write role ids that the package defines, and principals it knows (7.5).",
    "P-20": "Have RootObjectMap.xml name objects of this package (5.4).",
}
"""Rule → what to do about it."""
