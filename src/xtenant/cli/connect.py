"""`xtenant connect` and `xtenant profiles`: which tenants there are and how to sign in (step 1)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from xtenant.cli.output import OutputOption, emit
from xtenant.cli.tools import Tools, tools_of
from xtenant.client import lab as labs
from xtenant.client.clouds import refuse_national_host
from xtenant.client.profiles import Credential, CredentialKind, Profile, ProfileKind, lab_profile, parse_admin_url
from xtenant.domain import errors

profiles = typer.Typer(help="The profiles of this home.", no_args_is_help=True)

SECRET_LIMIT = 4096


def register(app: typer.Typer) -> None:
    app.command("connect")(connect)


def connect(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The profile's name, for -t.")],
    url: Annotated[str, typer.Option("--url", help="The admin URL, https://NAME-admin.sharepoint.com.")],
    tenant_id: Annotated[
        str | None, typer.Option("--tenant-id", help="The tenant's id; asked from the admin host when left out.")
    ] = None,
    client_id: Annotated[str | None, typer.Option("--client-id", help="The app registration's id.")] = None,
    certificate: Annotated[
        Path | None, typer.Option("--certificate", help="PEM file with the private key and the certificate.")
    ] = None,
    secret_file: Annotated[
        Path | None, typer.Option("--secret-file", help="File with a client secret; good for Graph only (R-1.9).")
    ] = None,
    device_code: Annotated[bool, typer.Option("--device-code", help="Sign in as a person, by device code.")] = False,
    geo: Annotated[
        list[str] | None, typer.Option("--geo", help="GEO=ADMIN_URL for each geo of a multi-geo tenant.")
    ] = None,
    output: OutputOption = None,
) -> None:
    """Keep a profile and sign in once to see that it works. Inside a lab --url alone is enough.

    Example: xtenant connect contoso --url https://contoso-admin.sharepoint.com --client-id ID --certificate app.pem
    """
    tools = tools_of(context)
    refuse_national_host(url)
    admin_url = parse_admin_url(url)
    chosen = [kind for kind, given in _ways(certificate, secret_file, device_code) if given]
    if len(chosen) > 1:
        raise errors.UsageError("Give one of --certificate, --secret-file and --device-code.")
    spoken = _profile(tools, name, admin_url, client_id, chosen[0] if chosen else None, certificate, geo)
    profile = tools.run(lambda: tools.opener.with_tenant_id(spoken, tenant_id))
    if profile.kind is ProfileKind.MICROSOFT365:
        tools.run(lambda: tools.opener.require_own_cloud(profile, owner_checked=tenant_id is not None))
    if profile.credential.kind is CredentialKind.SECRET and secret_file is not None:
        profile = _with_secret(tools, profile, secret_file)
    resource = "https://graph.microsoft.com" if chosen == [CredentialKind.SECRET] else profile.admin_url
    tools.run(lambda: tools.opener.token(profile, resource))
    path = tools.store.save(profile)
    emit({**_row(profile), "file": str(path)}, output)


def _ways(certificate: Path | None, secret: Path | None, device: bool) -> list[tuple[CredentialKind, bool]]:
    return [
        (CredentialKind.CERTIFICATE, certificate is not None),
        (CredentialKind.SECRET, secret is not None),
        (CredentialKind.DEVICE_CODE, device),
    ]


def _profile(
    tools: Tools,
    name: str,
    admin_url: str,
    client_id: str | None,
    kind: CredentialKind | None,
    certificate: Path | None,
    geos: list[str] | None,
) -> Profile:
    """A lab's tenant is known from its admin URL; anything else must be said in full."""
    known = _of_the_lab(tools, name, admin_url)
    if known is None and (client_id is None or kind is None):
        raise errors.UsageError(
            "A tenant of Microsoft 365 needs --client-id and one of --certificate, --secret-file, --device-code.",
            remedy="In a lab --url alone is enough: run the command through `xtenant lab exec -- …`.",
        )
    credential = known.credential if known else Credential(kind=CredentialKind.CERTIFICATE)
    if kind is not None:
        credential = Credential(kind=kind, file=str(certificate.resolve()) if certificate else None)
    return Profile(
        name=name,
        kind=known.kind if known else ProfileKind.MICROSOFT365,
        admin_url=admin_url,
        tenant_id=known.tenant_id if known else "",
        client_id=client_id or (known.client_id if known else ""),
        credential=credential,
        lab=known.lab if known else tools.store.drill,
        geos=_geos(geos) or (known.geos if known else {}),
    )


def _of_the_lab(tools: Tools, name: str, admin_url: str) -> Profile | None:
    """The lab's tenant with this admin URL, when a lab is in effect. Raises LabMissing when the lab has no such tenant."""
    home = tools.settings.lab_home
    if home is None or tools.store.drill is not None:  # in a drill everything is said in full, as for Microsoft 365
        return None
    lab = labs.read_lab(home)
    for tenant, facts in lab.tenants.items():
        urls = {parse_admin_url(facts.admin_url), *(parse_admin_url(geo.admin_url) for geo in facts.geos.values())}
        if admin_url in urls:
            return lab_profile(name, lab, home, tenant=tenant)
    raise errors.LabMissing(
        f"The lab in {home} has no tenant at {admin_url}.",
        remedy=f"Its tenants: {', '.join(facts.admin_url for facts in lab.tenants.values())}.",
    )


def _geos(given: list[str] | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in given or []:
        code, equals, url = entry.partition("=")
        if not (code and equals):
            raise errors.UsageError(f"'{entry}' is not GEO=ADMIN_URL.")
        found[code.upper()] = parse_admin_url(url)
    return found


def _with_secret(tools: Tools, profile: Profile, file: Path) -> Profile:
    """Keep the secret in the profile home (0600); the file given may then go away."""
    try:
        secret = file.read_text(encoding="utf-8")[:SECRET_LIMIT].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise errors.UsageError(f"The secret's file {file} cannot be read.") from error
    kept = tools.store.keep_secret(profile.name, secret)
    return replace(profile, credential=Credential(kind=CredentialKind.SECRET, file=kept))


@profiles.command("list")
def list_profiles(context: typer.Context, output: OutputOption = None) -> None:
    """List the profiles; secrets are never shown.

    Example: xtenant profiles list
    """
    emit([_row(profile) for profile in tools_of(context).store.all()], output)


@profiles.command("remove")
def remove_profile(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The profile's name.")],
    output: OutputOption = None,
) -> None:
    """Forget a profile, its kept secret and its tokens; nothing changes in the tenant.

    Example: xtenant profiles remove contoso
    """
    tools_of(context).store.remove(name)
    emit({"name": name, "removed": True}, output)


def _row(profile: Profile) -> dict[str, object]:
    return {
        "name": profile.name,
        "kind": profile.shown_kind,
        "admin_url": profile.admin_url,
        "tenant_id": profile.tenant_id,
        "client_id": profile.client_id,
        "credential": profile.credential.kind,
        "geos": list(profile.geos),
    }
