"""The demo's proof: what each drive held before its move against what stands at the new address, item by item over Graph."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from xtenant.cli.demo.stage import Stage
from xtenant.cli.demo.telling import Teller
from xtenant.client.tenant import TenantClient
from xtenant.proof.baseline import Baseline, Totals
from xtenant.proof.compare import differences
from xtenant.proof.compare_permissions import permission_differences
from xtenant.proof.content import ContentReader
from xtenant.proof.crawl import crawl
from xtenant.proof.permissions import PermissionFacts, crawl_permissions
from xtenant.protocols.graph.call.drives import drive_of_site_url

READ_FILES = 1_000
READ_BYTES = 256 * 1024 * 1024
"""About so much content is read back and hashed on both sides; of more a sample is read, and quickXorHash covers the rest."""

SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """What a comparison found."""

    before: Totals
    after: Totals
    differences: int
    seconds: float


class Prover:
    """Takes the baselines before, and compares after."""

    def __init__(self, stage: Stage, teller: Teller) -> None:
        self._stage = stage
        self._teller = teller
        self._one_in: dict[str, int] = {}
        self._permissions: dict[str, PermissionFacts] = {}

    async def record(self, name: str, tenant: TenantClient, url: str, *, files: int, size_bytes: int) -> Totals:
        """The baseline of a site; it must be taken before the move, since a redirect has nothing to compare."""
        self._one_in[name] = 1 + max(files // READ_FILES, size_bytes // READ_BYTES)
        started = self._stage.tools.clock.monotonic()
        totals = await self._crawl(name, tenant, url, self._file(name, "before"))
        self._permissions[name] = await crawl_permissions(tenant.session, url)
        spent = self._stage.tools.clock.monotonic() - started
        self._teller.say(
            f"{name}: {totals.items:,} items with {totals.versions:,} versions recorded in {spent:.1f} s, {self._read(name)}"
        )
        return totals

    async def compare(
        self, name: str, tenant: TenantClient, url: str, *, people: dict[str, str], groups: dict[str, str]
    ) -> Proved:
        """Crawl the new address and tell every difference."""
        started = self._stage.tools.clock.monotonic()
        after_file = self._file(name, "after")
        after = await self._crawl(name, tenant, url, after_file)
        with Baseline(self._file(name, "before")) as old, Baseline(after_file) as new:
            before = old.totals()
            found = differences(old.items(), new.items(), people=people)
            count = 0
            for difference in islice(found, SHOWN):
                count += 1
                self._teller.say(str(difference))
            count += sum(1 for _ in found)
        compared = f"path, kind, size, quickXorHash, dates, author, editor, versions; {self._read(name)}"
        self._teller.check(f"{name}: {before.items:,} items are the same ({compared})", count == 0, _amount(count))
        count += await self._compare_permissions(name, tenant, url, people | groups)
        return Proved(
            before=before,
            after=after,
            differences=count,
            seconds=self._stage.tools.clock.monotonic() - started,
        )

    async def _compare_permissions(self, name: str, tenant: TenantClient, url: str, principals: dict[str, str]) -> int:
        """Who may do what, in every place with permissions of its own."""
        before = self._permissions[name]
        after = await crawl_permissions(tenant.session, url)
        found = list(permission_differences(before, after, principals=principals))
        for difference in found[:SHOWN]:
            self._teller.say(str(difference))
        told = (
            f"{name}: permissions are the same through the map ({before.rights:,} rights, scopes: {len(before.scopes):,}, "
            f"SharePoint groups: {len(before.groups):,}, administrators: {len(before.admins):,})"
        )
        self._teller.check(told, not found, _amount(len(found)))
        return len(found)

    async def _crawl(self, name: str, tenant: TenantClient, url: str, file: Path) -> Totals:
        drive = await drive_of_site_url(tenant.session, url)
        content = ContentReader(self._stage.bulk, one_in=self._one_in[name])
        with Baseline(file) as into, self._teller.bars() as bars:
            return await crawl(
                tenant.session,
                drive,
                into,
                content=content,
                progress=lambda done: bars.show(name, done=done, state="looked at over Graph"),
            )

    def _read(self, name: str) -> str:
        one_in = self._one_in[name]
        return "SHA-256 of all content" if one_in == 1 else f"SHA-256 of the content of one file in {one_in}"

    def _file(self, name: str, when: str) -> Path:
        return self._stage.home / f"{name}-{when}.baseline"


def _amount(count: int) -> str:
    return "" if count == 0 else f"{count:,} differences"
