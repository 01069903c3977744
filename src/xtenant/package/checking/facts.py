"""The objects of one package, in their order, held against each other: ids, addresses, people, versions, limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from xtenant.package.checking.beside import Beside
from xtenant.package.checking.schema import PAYLOADS
from xtenant.package.checking.shapes import SHOWN, guid_of, name_of, problems

Wrong = tuple[str, Any, str]
"""Rule (with `?` for a warning), element, text."""

ENTRIES = 250
LONGEST_PATH = 400
ASSIGNMENTS = 5_000
SCOPES = 50_000
KINDS = {
    "SPWeb": "webs",
    "SPList": "lists",
    "SPDocumentLibrary": "lists",
    "SPFolder": "folders",
    "SPFile": "files",
    "DeploymentRoleAssignments": "scopes",
}


@dataclass(frozen=True, slots=True)
class Expected:
    """What a manifest says of one content file; `encrypted` content cannot be held against hashes of the plain bytes."""

    line: int
    size: str | None
    sha256: str | None
    md5: str | None
    checksum: str | None
    encrypted: bool


@dataclass(slots=True)
class Facts:
    """What was seen so far. `everywhere` are the ids of the whole archive, None for a single package."""

    beside: Beside
    everywhere: set[UUID]
    content: dict[str, Expected] = field(default_factory=dict[str, Expected])
    counts: Counter[str] = field(default_factory=Counter[str])
    entries: int = 0
    own: set[UUID] = field(default_factory=set[UUID])
    _folders: set[UUID] = field(default_factory=set[UUID])
    _addresses: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    _documents: dict[UUID, tuple[str, str, int]] = field(default_factory=dict[UUID, tuple[str, str, int]])
    _roles: set[str] = field(default_factory=set[str])
    _wanted: dict[UUID, int] = field(default_factory=dict[UUID, int])

    def take(self, wrapper: Any) -> Iterator[Wrong]:
        """One SPObject. Gives everything wrong with it."""
        yield from problems(wrapper)
        kind = wrapper.get("ObjectType", "")
        wanted = PAYLOADS.get(kind)
        payloads = [one for one in wrapper if isinstance(one.tag, str)]
        if wanted is None:
            yield "P-03", wrapper, f"There is no ObjectType '{kind[:SHOWN]}'."
            return
        if len(payloads) != 1 or name_of(payloads[0]) != wanted:
            yield "P-03", wrapper, f"An object of type {kind} holds no {wanted}, or more than that."
            return
        self.counts[KINDS.get(kind, "")] += 1
        payload = payloads[0]
        yield from self._placed(wrapper, payload)
        yield from self._people(payload)
        match kind:
            case "SPWeb" | "SPList" | "SPDocumentLibrary":
                yield from self._declare(payload, payload.get("Id"), folder=False)
            case "SPFolder":
                yield from self._folder(payload)
            case "SPFile":
                yield from self._file(payload)
            case "SPListItem":
                yield from self._item(payload)
            case "DeploymentRoles":
                self._roles |= {one.get("RoleId", "") for one in payload}
            case "DeploymentRoleAssignments":
                yield from self._scopes(payload)
            case _:
                return

    def end(self) -> Iterator[tuple[str, int, str]]:
        """What only the end shows: rule, line, text."""
        for identity, (path, _, line) in self._documents.items():
            yield "P-14?", line, f"'{path[:SHOWN]}' ({identity}) has no ListItem behind it."
        for identity, line in self._wanted.items():
            if identity not in self.own and identity not in self.beside.kept:
                yield "P-08", line, f"{identity} is neither in this package nor a SystemObject."
        if self.entries > ENTRIES:
            yield "P-15?", 0, f"The package has {self.entries} versions; {ENTRIES} is the most that imports well."
        if self.counts["scopes"] > SCOPES:
            yield "P-15", 0, f"The list has {self.counts['scopes']} unique permissions; {SCOPES} is the limit."

    def _declare(self, element: Any, text: str | None, *, folder: bool) -> Iterator[Wrong]:
        found = guid_of(text)
        if found is None:
            return  # said by the shape
        if found in self.own:
            yield "P-07", element, f"{found} is the id of two objects."
        self.own.add(found)
        self.everywhere.add(found)
        if folder:
            self._folders.add(found)

    def _placed(self, wrapper: Any, payload: Any) -> Iterator[Wrong]:
        for element, names in (
            (wrapper, ("Url", "ParentWebUrl")),
            (payload, ("RootFolderUrl", "ParentWebUrl", "ServerRelativeUrl")),
        ):
            for name in names:
                text = element.get(name)
                if text and not text.startswith("/"):
                    yield "P-09", element, f"{name} '{text[:SHOWN]}' is not server-relative."
        for name in ("Url", "FileUrl") if name_of(payload) in ("File", "Folder", "ListItem") else ():
            text = payload.get(name, "")
            if text.startswith("/"):
                yield "P-09", payload, f"{name} '{text[:SHOWN]}' is not web-relative: an import would double the path."
            if len(f"{wrapper.get('ParentWebUrl', '')}/{text}".lstrip("/")) > LONGEST_PATH:
                yield "P-15", payload, f"The path '{text[:SHOWN]}…' is longer than {LONGEST_PATH} characters."

    def _people(self, payload: Any) -> Iterator[Wrong]:
        for one in payload.iter():
            if not isinstance(one.tag, str):
                continue
            named = [one.get("Author"), one.get("ModifiedBy")]
            if name_of(one) == "Field" and one.get("Type") in ("User", "UserMulti"):
                named += _refs(one.get("Value", ""))
            for ref in named:
                if ref is not None and ref not in self.beside.principals:
                    yield "P-06", one, f"The principal '{ref[:SHOWN]}' is not in UserGroup.xml."

    def _above(self, element: Any, name: str) -> Iterator[Wrong]:
        found = guid_of(element.get(name))
        if found is not None and found not in self._folders and found not in self.beside.kept:
            yield "P-13", element, f"The folder {found} is not declared before what lies in it."

    def _want(self, element: Any, *names: str) -> None:
        for name in names:
            found = guid_of(element.get(name))
            if found is not None:
                self._wanted.setdefault(found, element.sourceline or 0)

    def _address(self, payload: Any, text: str) -> Iterator[Wrong]:
        key = payload.get("ParentWebId", ""), text.lower()
        if key in self._addresses:
            yield "P-07", payload, f"'{text[:SHOWN]}' is the address of two objects."
        self._addresses.add(key)

    def _folder(self, folder: Any) -> Iterator[Wrong]:
        yield from self._above(folder, "ParentFolderId")
        yield from self._declare(folder, folder.get("Id"), folder=True)
        yield from self._address(folder, folder.get("Url", ""))
        self._want(folder, "ContainingDocumentLibrary", "ParentWebId")
        found = guid_of(folder.get("Id"))
        if found is not None and folder.get("ListItemIntId") is not None:
            self._documents[found] = folder.get("Url", ""), folder.get("ListItemIntId"), folder.sourceline or 0
        elif found is not None:
            self.counts["folders"] -= 1  # the root folder of a list is no folder of it

    def _file(self, file: Any) -> Iterator[Wrong]:
        yield from self._above(file, "ParentId")
        yield from self._declare(file, file.get("Id"), folder=False)
        yield from self._address(file, file.get("Url", ""))
        self._want(file, "ListId", "ParentWebId")
        found = guid_of(file.get("Id"))
        if found is not None:
            self._documents[found] = file.get("Url", ""), file.get("ListItemIntId", ""), file.sourceline or 0
        versions = list(file.iterfind("{*}Versions/{*}File"))
        for one in versions or [file]:
            self.entries += 1
            yield from self._content(one)
        yield from self._content(file)
        yield from _labels(file, versions)

    def _item(self, item: Any) -> Iterator[Wrong]:
        yield from self._above(item, "ParentFolderId")
        self._want(item, "ParentListId", "ParentWebId")
        document = guid_of(item.get("DocId"))
        yield from _labels(item, list(item.iterfind("{*}Versions/{*}ListItem")))
        if document is None or (document not in self._documents and item.get("DocType") == "Unknown"):
            self.counts["list_items"] += 1
            yield from self._declare(item, item.get("Id"), folder=False)
            self.entries += max(1, len(item.findall("{*}Versions/{*}ListItem")))
        else:
            path, number, _ = self._documents.pop(document, (None, None, 0))
            if path is None:
                yield "P-14", item, f"There is no file or folder {document} before its ListItem."
            elif (path, number) != (item.get("FileUrl"), item.get("IntId")) or number == "0":
                yield "P-14", item, f"The ListItem of '{path[:SHOWN]}' has another address or number, or the number 0."
        for attachment in item.iterfind("{*}Attachments/{*}Attachment"):
            self.entries += 1
            yield from self._content(attachment)

    def _content(self, element: Any) -> Iterator[Wrong]:
        name = element.get("FileValue")
        if not name:
            if element.get("SetupPath") is None:
                yield "P-10", element, f"'{element.get('Name', '')[:SHOWN]}' has no FileValue."
            return
        bag = {one.get("Name"): one.get("Value") for one in element.iterfind("{*}Properties/{*}Property")}
        expected = Expected(
            line=element.sourceline or 0,
            size=element.get("FileSize", bag.get("xt_size")),
            sha256=element.get("SHA256", bag.get("xt_sha256")),
            md5=element.get("MD5Hash"),
            checksum=element.get("Checksum", bag.get("xt_quickxor")),
            encrypted=element.get("InitializationVector") is not None,
        )
        known = self.content.setdefault(name, expected)
        if (known.size, known.sha256, known.md5) != (expected.size, expected.sha256, expected.md5):
            yield "P-11", element, f"'{name[:SHOWN]}' stands for two different contents."

    def _scopes(self, assignments: Any) -> Iterator[Wrong]:
        for scope in assignments.iterfind("{*}RoleAssignment"):
            text = scope.get("ScopeId", "")
            if ("scope", text) in self._addresses:
                yield "P-07", scope, f"The scope {text[:SHOWN]} stands here twice."
            self._addresses.add(("scope", text))
            if scope.get("ObjectUrl", "").startswith("/"):
                yield "P-09", scope, f"ObjectUrl '{scope.get('ObjectUrl')[:SHOWN]}' begins with a slash."
            found = guid_of(scope.get("ObjectId"))
            if found is not None and found not in self.everywhere and found not in self.beside.kept:
                yield "P-08?", scope, f"The permissions of {found} belong to no object of this package."
            if len(scope) > ASSIGNMENTS:
                yield "P-15", scope, f"A scope has {len(scope)} assignments; {ASSIGNMENTS} is the limit."
            for given in scope.iterfind("{*}Assignment"):
                if given.get("RoleId") not in self._roles:
                    yield "P-19", given, f"The role {given.get('RoleId', '')[:SHOWN]} is not defined before."
                if given.get("PrincipalId") not in self.beside.principals:
                    yield "P-19", given, f"The principal {given.get('PrincipalId', '')[:SHOWN]} is nobody here."


def _labels(outer: Any, versions: list[Any]) -> Iterator[Wrong]:
    """Ascending, each once; the current one is the newest, in the list (dialect A) or outside it (B)."""
    last: tuple[int, int] | None = None
    for one in versions:
        label = _label(one)
        if label is None:
            yield "P-05", one, f"'{one.get('Version', '')[:SHOWN]}' is no version."
        elif last is not None and label <= last:
            yield "P-12", one, f"The version {one.get('Version')} stands behind {last[0]}.{last[1]}."
        last = label or last
    current = _label(outer)
    if last is not None and current is not None and current < last:
        yield "P-12", outer, f"The current version {outer.get('Version')} is older than {last[0]}.{last[1]}."


def _refs(value: str) -> list[str]:
    """Ids of people in a field: `11;UserInfo`, `11;# ;#12;# ;UserInfo` (migration-package 7.3)."""
    ids = value.rpartition(";# ;" if ";# ;" in value else ";")[0]
    return ids.split(";# ;#") if ids else []


def _label(element: Any) -> tuple[int, int] | None:
    major, dot, minor = element.get("Version", "1.0").partition(".")
    if (
        not dot
        or not (major + minor).isascii()
        or not major.isdigit()
        or not minor.isdigit()
        or len(major + minor) > 12
    ):
        return None
    return int(major), int(minor)
