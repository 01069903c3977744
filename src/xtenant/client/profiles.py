"""Profiles: which tenant a name means and how to sign in there. One file each (0600) in the profile home.

A profile is of kind `lab` or `microsoft365`. `way_to` decides by which way its hosts are reached, or refuses: a lab profile
never leaves its lab, a microsoft365 profile never enters one (settled A 5). In a drill the tenants of a lab are of kind
`microsoft365` and tied to it: guarded as the real ones, reached in the lab only (settled C 12). Secrets lie in files of
their own, 0600.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from xtenant.client import lab as labs
from xtenant.domain import errors
from xtenant.domain.tenant import GeoCode, HostRole, host_role

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


class ProfileKind(Enum):
    """Shown wherever a profile is shown."""

    LAB = "lab"
    MICROSOFT365 = "microsoft365"


class CredentialKind(Enum):
    """How a profile signs in. A secret is good for Graph only: SharePoint hosts refuse it (R-1.9)."""

    CERTIFICATE = "certificate"
    SECRET = "secret"  # noqa: S105 (a kind, not a secret)
    DEVICE_CODE = "device-code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """`file` is the certificate with its private key (PEM), or the file that holds the secret."""

    kind: CredentialKind
    file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LabTie:
    """Which lab a profile belongs to: its id, and the home it was in when the profile was made."""

    lab_id: str
    home: str


Drill = Callable[[], LabTie]
"""Asks the lab whether this process is part of a drill of it; raises LabMissing when it is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One tenant and a way to sign in. `geos` maps geo codes to admin URLs and is empty where there is only one geo.

    `lab` is None for a tenant of Microsoft 365; together with that kind it marks a tenant of a drill.
    """

    name: str
    kind: ProfileKind
    admin_url: str
    tenant_id: str
    client_id: str
    credential: Credential
    lab: LabTie | None = None
    geos: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def shown_kind(self) -> str:
        """`lab`, `microsoft365` or `microsoft365 (drill)`."""
        drill = self.kind is ProfileKind.MICROSOFT365 and self.lab is not None
        return f"{self.kind.value} (drill)" if drill else self.kind.value

    def admin_url_of(self, geo: GeoCode | None) -> str:
        """The admin URL of a geo. Raises UsageError when a geo must be named, or is unknown."""
        if not geo:
            if len(self.geos) > 1:
                raise errors.UsageError(
                    f"'{self.name}' has several geos: {', '.join(self.geos)}.", remedy="Name one with --geo."
                )
            return self.admin_url
        for code, url in self.geos.items():
            if code.lower() == geo.lower():
                return url
        known = ", ".join(self.geos) or "one without a code"
        raise errors.UsageError(f"'{self.name}' has no geo '{geo}'.", remedy=f"Its geos: {known}.")

    def geo_codes(self) -> tuple[GeoCode | None, ...]:
        """Every geo to be asked in turn; a single None where the tenant has but one."""
        return tuple(GeoCode(code) for code in self.geos) if len(self.geos) > 1 else (None,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """By which way a profile's hosts are reached: directly, or by a lab's proxy and certificate authority."""

    proxy: str | None = None
    ca_file: str | None = None


class UnknownProfile(errors.UsageError):
    """No profile has this name."""

    code = "unknownProfile"


def way_to(profile: Profile, lab_home: Path | None, drill: Drill | None = None) -> Way:
    """Decide how to reach a profile's hosts; `lab_home` is the home of the lab in effect, None outside a lab.

    Raises LabMissing for a lab profile whose lab is not in effect, is another one, or does not answer; and for a
    microsoft365 profile inside a lab. No socket is opened but the one to the lab's own proxy (settled A 5).
    """
    if profile.kind is ProfileKind.MICROSOFT365 and profile.lab is None:
        if lab_home is not None:
            raise errors.LabMissing(
                f"'{profile.name}' is a profile of Microsoft 365, and the lab in {lab_home} is in effect.",
                remedy="Run the command outside the lab (unset XTENANT_LAB).",
            )
        return Way()
    if lab_home is None:
        raise errors.LabMissing(f"'{profile.name}' belongs to a lab, and no lab is in effect here.")
    lab = labs.read_lab(lab_home)
    if profile.lab is None or profile.lab.lab_id != lab.id:
        raise errors.LabMissing(f"'{profile.name}' belongs to another lab than the one in {lab_home}.")
    if profile.kind is ProfileKind.MICROSOFT365 and (drill is None or drill().lab_id != lab.id):
        raise errors.LabMissing(
            f"'{profile.name}' was made in a drill, and no drill is going on here.",
            remedy="Run the command through `xtenant lab exec --drill -- …`.",
        )
    labs.require_answering(lab)
    return Way(proxy=lab.proxy, ca_file=lab.ca_file)


def parse_admin_url(text: str) -> str:
    """`https://NAME-admin.sharepoint.com`, lower case, without a slash at the end (R-1.1, R-1.8). Raises UsageError."""
    parts = urlsplit(text.strip())
    host = (parts.hostname or "").lower()
    fits = parts.scheme.lower() == "https" and parts.netloc.lower() == host and parts.path in ("", "/")
    if not fits or not host.endswith(".sharepoint.com") or host_role(host) is not HostRole.ADMIN:
        raise errors.UsageError(
            f"'{text}' is not the address of an admin centre.", remedy="It reads https://NAME-admin.sharepoint.com."
        )
    return f"https://{host}"


class ProfileStore:
    """The profiles of one home. While a lab is in effect of which the home has no profile, the lab's tenants count as
    profiles by their names, so that `xtenant lab exec` needs no `connect`; connecting to one of them makes the home's
    own profiles the only ones (two administrators, one lab: settled A 1). In a drill there are no profiles but its own.
    """

    def __init__(self, home: Path, lab_home: Path | None = None, *, drill: Drill | None = None) -> None:
        self.home = home
        self.lab_home = lab_home
        self._drill = drill
        self._folder = home / "profiles"

    @property
    def drill(self) -> LabTie | None:
        """The tie of the drill this process is part of. Raises LabMissing when its lab denies that."""
        return self._drill() if self._drill else None

    def all(self) -> list[Profile]:
        """Every profile, by name."""
        kept = self._kept()
        if (tie := self.drill) is not None:
            kept = {name: one for name, one in kept.items() if _is_of_drill(one, tie)}
        for profile in self._of_the_lab(kept):
            kept.setdefault(profile.name, profile)
        return [kept[name] for name in sorted(kept)]

    def get(self, name: str) -> Profile:
        """The profile of a name. Raises UnknownProfile with the nearest names."""
        profiles = {profile.name: profile for profile in self.all()}
        if name in profiles:
            return profiles[name]
        near = difflib.get_close_matches(name, profiles, n=3)
        if near:
            remedy = f"Did you mean {' or '.join(near)}?"
        elif profiles:
            remedy = f"There are: {', '.join(profiles)}. Make one with `xtenant connect {name} --url …`."
        else:
            remedy = (
                f"Make it with `xtenant connect {name} --url https://NAME-admin.sharepoint.com …`. "
                "For a lab's tenants run the command through `xtenant lab exec -- …`."
            )
        raise UnknownProfile(f"There is no profile '{name}'.", remedy=remedy, near=near)

    def find(self, name: str) -> Profile | None:
        """The profile of a name, or None when neither it nor one of a similar name exists.

        Raises UnknownProfile when the name is close to one that exists: that is a typing mistake.
        """
        try:
            return self.get(name)
        except UnknownProfile as error:
            if error.facts.get("near"):
                raise
            return None

    def by_admin_url(self, admin_url: str) -> tuple[Profile, GeoCode | None] | None:
        """The profile and geo an admin URL belongs to."""
        wanted = parse_admin_url(admin_url)
        for profile in self.all():
            for code, url in profile.geos.items():
                if url == wanted:
                    return profile, (GeoCode(code) if len(profile.geos) > 1 else None)
            if profile.admin_url == wanted:
                return profile, None
        return None

    def save(self, profile: Profile) -> Path:
        """Write a profile, in place of one with the same name. Raises UsageError for a name no file can have."""
        if not _NAME.fullmatch(profile.name):
            raise errors.UsageError(
                f"'{profile.name}' cannot be a profile's name.", remedy="Use letters, digits, '-', '_' and '.'."
            )
        path = self._folder / f"{profile.name}.json"
        write_private(path, msgspec.json.format(msgspec.json.encode(profile), indent=2))
        return path

    def keep_secret(self, name: str, secret: str) -> str:
        """Keep a secret for a profile in a file of its own; the file's path."""
        path = self.home / "secrets" / name
        write_private(path, secret.encode())
        return str(path)

    def remove(self, name: str) -> None:
        """Forget a profile, its secret and its tokens. Raises UnknownProfile."""
        self.get(name)
        for path in (self._folder / f"{name}.json", self.home / "secrets" / name, self.token_cache(name)):
            path.unlink(missing_ok=True)

    def files_of(self, profile: Profile) -> list[Path]:
        """What lies on disk for a profile and holds secrets, or decides where they are sent; only what is there."""
        credential = profile.credential.file
        files = [self._folder / f"{profile.name}.json", self.token_cache(profile.name)]
        return [path for path in [*files, *([Path(credential)] if credential else [])] if path.exists()]

    def token_cache(self, name: str) -> Path:
        """Where a profile's refresh token is kept."""
        return self.home / "tokens" / f"{name}.json"

    def connected(self) -> tuple[str, GeoCode | None] | None:
        """Profile and geo that `xtenant Connect-SPOService …` left for the cmdlets after it."""
        try:
            name, _, geo = (self.home / "connected").read_text().strip().partition(" ")
        except FileNotFoundError:
            return None
        return (name, GeoCode(geo) if geo else None) if name else None

    def remember_connected(self, name: str | None, geo: GeoCode | None = None) -> None:
        """Note who is connected; None forgets."""
        if name is None:
            (self.home / "connected").unlink(missing_ok=True)
        else:
            write_private(self.home / "connected", f"{name} {geo or ''}\n".encode())

    def _kept(self) -> dict[str, Profile]:
        found: dict[str, Profile] = {}
        for path in sorted(self._folder.glob("*.json")):
            try:
                profile = msgspec.json.decode(path.read_bytes(), type=Profile)
            except (msgspec.DecodeError, msgspec.ValidationError) as error:
                raise errors.UsageError(
                    f"The profile {path} cannot be read: {error}", remedy="Make it again with `xtenant connect`."
                ) from error
            found[profile.name] = profile
        return found

    def _of_the_lab(self, kept: Mapping[str, Profile]) -> list[Profile]:
        if self.lab_home is None:
            return []
        try:
            lab = labs.read_lab(self.lab_home)
        except errors.LabMissing:
            return []
        if any(profile.lab is not None and profile.lab.lab_id == lab.id for profile in kept.values()):
            return []
        made = [lab_profile(name, lab, self.lab_home) for name in lab.tenants]
        return made if self.drill is None else [replace(one, kind=ProfileKind.MICROSOFT365) for one in made]


def _is_of_drill(profile: Profile, tie: LabTie) -> bool:
    return profile.kind is ProfileKind.MICROSOFT365 and profile.lab is not None and profile.lab.lab_id == tie.lab_id


def lab_profile(name: str, lab: labs.LabDescription, lab_home: Path, *, tenant: str | None = None) -> Profile:
    """The profile of a lab's tenant: it signs in as the lab's app by certificate (settled A 7)."""
    facts = lab.tenants[tenant or name]
    return Profile(
        name=name,
        kind=ProfileKind.LAB,
        admin_url=parse_admin_url(facts.admin_url),
        tenant_id=facts.tenant_id,
        client_id=facts.client_id,
        credential=Credential(kind=CredentialKind.CERTIFICATE, file=facts.certificate_file),
        lab=LabTie(lab_id=lab.id, home=str(lab_home)),
        geos={code: parse_admin_url(geo.admin_url) for code, geo in facts.geos.items()},
    )


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, whole or not at all; its folder is made, 0700."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    draft.replace(path)
