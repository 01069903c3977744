"""Principals and SharePoint groups."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from lxml import etree

from xtenant.domain.content import PrincipalKind
from xtenant.domain.snapshot import ManifestGroup, ManifestPrincipal
from xtenant.package.elements.markup import element, ref_of, text_of, truth, wrapped
from xtenant.package.text import unescaped

LOGINS = {PrincipalKind.USER: "i:0#.f|membership|", PrincipalKind.GROUP: "c:0t.c|tenant|", PrincipalKind.SYSTEM: ""}


def principal(thing: ManifestPrincipal) -> Any:
    payload = element(
        "UserX",
        Id=str(thing.ref),
        Name=thing.name,
        Login=LOGINS[thing.kind] + thing.login,
        Email=thing.mail,
        IsDomainGroup=truth(thing.kind is PrincipalKind.GROUP),
        SystemId=str(thing.directory_id),
        IsSiteAdmin=truth(thing.admin),
        Kind=thing.kind.value,
        Operation="Add",
    )
    return wrapped("DeploymentUserX", thing.directory_id, payload)


def principal_of(found: Any) -> ManifestPrincipal:
    kind = PrincipalKind(text_of(found, "Kind"))
    mail = found.get("Email")
    return ManifestPrincipal(
        ref=ref_of(found, "Id"),
        kind=kind,
        directory_id=UUID(found.attrib["SystemId"]),
        name=text_of(found, "Name"),
        login=text_of(found, "Login").removeprefix(LOGINS[kind]),
        mail=None if mail is None else unescaped(mail),
        admin=found.attrib["IsSiteAdmin"] == "true",
    )


def group(thing: ManifestGroup) -> Any:
    """As in `UserGroup.xml` (migration-package 5.3): a group owns itself, members are principals of this snapshot."""
    payload = element(
        "GroupX",
        Id=str(thing.ref),
        Name=thing.name,
        Description=thing.description,
        Owner=str(thing.ref),
        OwnerIsUser="false",
        Operation="Add",
    )
    for member in thing.members:
        etree.SubElement(payload, "Member", {"UserId": str(member)})
    return wrapped("DeploymentGroupX", thing.group_id, payload)


def group_of(found: Any) -> ManifestGroup:
    return ManifestGroup(
        ref=ref_of(found, "Id"),
        group_id=UUID(found.getparent().attrib["Id"]),
        name=text_of(found, "Name"),
        description=text_of(found, "Description"),
        members=tuple(ref_of(member, "UserId") for member in found),
    )
