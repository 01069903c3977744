"""What a command with `--emit` would do, step by step, gathered by tenant and wave instead of being sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from xtenant.bulk.emitted import Place
from xtenant.client.profiles import Profile
from xtenant.cmdlets.script.steps import Step
from xtenant.domain.tenant import GeoCode, HostUrl


@dataclass(slots=True)
class Draft:
    """Steps in the order in which the command came to them; `files` go beside the scripts."""

    steps: dict[tuple[Place, str], list[Step]] = field(default_factory=dict[tuple[Place, str], list[Step]])
    files: dict[str, bytes] = field(default_factory=dict[str, bytes])

    def add(self, place: Place, *steps: Step, wave: str = "") -> None:
        self.steps.setdefault((place, wave), []).extend(steps)

    def attach(self, name: str, content: bytes) -> None:
        """A file that a step names."""
        self.files[name] = content

    def scripts(self) -> Iterator[tuple[Place, str, list[Step]]]:
        """Steps for each tenant and wave."""
        return ((place, wave, steps) for (place, wave), steps in self.steps.items() if steps)


def place_of(profile: Profile, geo: str | None = None) -> Place:
    """The administration address of a profile's tenant, or of one of its geos."""
    code = GeoCode(geo) if geo else None
    name = f"{profile.name}-{geo}" if geo and len(profile.geos) > 1 else profile.name
    return Place(name=name, admin_url=profile.admin_url_of(code), tenant_id=profile.tenant_id)


def place_of_partner(host: HostUrl, own: Profile) -> Place:
    """A tenant of which only the host URL is known (R-1.7), and the profile that writes something for it."""
    admin_url = f"https://{host.label}-admin.sharepoint.com"
    return Place(name=host.label, admin_url=admin_url, written_for=own.tenant_id)
