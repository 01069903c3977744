"""Ground to move on: a real lab with two trusting tenants and mapped people, sites planted with versions, moves watched.

Fault tests, the memory test and the benchmarks stand on it. Everything goes over the wire, as an administrator would.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from anyio.from_thread import BlockingPortal, start_blocking_portal

from xtenant.cli.demo.stage import SOURCE, TARGET, Stage, running_lab
from xtenant.client.imports import import_folder
from xtenant.client.migration import Migration
from xtenant.client.moves import MoveJob, StartWish, Unit
from xtenant.lab.control import ask
from xtenant.lab.estate import tenant_home
from xtenant.proof.baseline import Baseline, Totals
from xtenant.proof.compare import Difference, differences
from xtenant.proof.content import ContentReader
from xtenant.proof.crawl import crawl
from xtenant.proof.permissions import PermissionFacts, crawl_permissions
from xtenant.protocols.graph.call import users
from xtenant.protocols.graph.call.answers import ask as ask_graph
from xtenant.protocols.graph.call.drives import drive_of_site_url
from xtenant.protocols.sharepoint_rest.call import administration
from xtenant.wire.archive import END, Member, write_member

T = TypeVar("T")

GRAPH = "https://graph.microsoft.com"
LIBRARY = "Shared Documents"
BEGAN = datetime(2021, 2, 3, 4, 5, 6, tzinfo=UTC)
ARCHIVE_MEMBERS = 5_000
MOVE_SECONDS = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """One file to be: its path, and the content of each version, oldest first."""

    names: tuple[str, ...]
    versions: Sequence[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A site of the source and the address it moves to."""

    source_url: str
    target_url: str


@dataclass(kw_only=True)
class Ground:
    """Two tenants ready for moves. Blocking; its calls run in an event loop of their own."""

    stage: Stage
    portal: BlockingPortal
    migration: Migration
    people: dict[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.stage.home

    # ------------------------------------------------------------------------------------------------ content

    def plant(self, name: str, files: Iterator[Planted]) -> Plot:
        """Make a site at the source with these files; each archive sent is another person's, so that versions have editors."""
        plot, people, source = self._plot(name), list(self.people), self.migration.source
        for number, members in enumerate(_archives(files)):
            told = administration.send_archive(
                self.stage.bulk,
                self.token(SOURCE, source.admin_url),
                source.admin_url,
                site_url=plot.source_url,
                author=people[number % len(people)],
                pieces=members,
            )
            assert told
        return plot

    def plant_folder(self, name: str, folder: Path) -> Plot:
        """Make a site at the source with what a folder of this machine holds, however large; one version a file."""
        plot, source = self._plot(name), self.migration.source

        def send(pieces: Iterator[bytes]) -> object:
            token = self.token(SOURCE, source.admin_url)
            return administration.send_archive(
                self.stage.bulk, token, source.admin_url, site_url=plot.source_url, author=None, pieces=pieces
            )

        report = import_folder(folder, send, path_from_site=f"sites/{name}/{LIBRARY}")
        assert not report.skipped
        return plot

    def _plot(self, name: str) -> Plot:
        """A new site of the source, and where it goes."""
        plot = Plot(
            source_url=f"https://contoso.sharepoint.com/sites/{name}",
            target_url=f"https://fabrikam.sharepoint.com/sites/{name}",
        )
        source, owner = self.migration.source, next(iter(self.people))
        self.portal.call(_make_site, source.session, source.admin_url, plot.source_url, owner)
        return plot

    def record(self, side: str, url: str, file: Path, *, one_in: int = 10) -> Totals:
        """Everything a drive holds, over Graph, into a baseline; of one file in `one_in` the content is read."""
        return self.portal.call(self._crawl, self._tenant(side), url, file, one_in)

    def differences(self, before: Path, after: Path) -> list[Difference]:
        with Baseline(before) as old, Baseline(after) as new:
            return list(differences(old.items(), new.items(), people=self.people))

    def changes(self, before: Path, after: Path) -> list[Difference]:
        """What became different at the same address: its people are their own."""
        with Baseline(before) as old, Baseline(after) as new:
            return list(differences(old.items(), new.items(), people={upn: upn for upn in self.people}))

    def share(self, url: str, path: str, person: str, role: str) -> None:
        """Give somebody a right of their own on a folder or file of a source's site, over Graph."""
        self.portal.call(self._share, url, path, person, role)

    async def _share(self, url: str, path: str, person: str, role: str) -> None:
        session = self.migration.source.session
        drive = await drive_of_site_url(session, url)
        wish = {"recipients": [{"email": person}], "roles": [role], "requireSignIn": True, "sendInvitation": False}
        await ask_graph(session, "POST", f"{GRAPH}/v1.0/drives/{drive.id}/root:/{quote(path)}:/invite", json=wish)

    def permissions(self, side: str, url: str) -> PermissionFacts:
        """Who may do what in a site, over REST."""
        return self.portal.call(crawl_permissions, self._tenant(side).session, url)

    async def _crawl(self, tenant: Any, url: str, file: Path, one_in: int) -> Totals:
        drive = await drive_of_site_url(tenant.session, url)
        with Baseline(file) as into:
            return await crawl(tenant.session, drive, into, content=ContentReader(self.stage.bulk, one_in=one_in))

    # ------------------------------------------------------------------------------------------------ moves

    def start(self, plot: Plot) -> MoveJob:
        return self.portal.call(self._start, plot)

    def job(self, job_id: Any) -> MoveJob:
        found = self.portal.call(self.migration.source.moves.by_id, job_id)
        assert found is not None, "the job is gone"
        return found

    def until_ended(self, job: MoveJob, *, seconds: float = MOVE_SECONDS, pause: float = 0.1) -> MoveJob:
        def ended() -> MoveJob | None:
            found = self.job(job.id)
            return found if found.ended else None

        return wait_for(ended, f"the end of {job.source_url}", seconds=seconds, pause=pause)

    def redirects(self) -> set[str]:
        found = self.portal.call(self._redirects)
        return {site.url.rstrip("/") for site in found}

    async def _start(self, plot: Plot) -> MoveJob:
        partner = await self.migration.target.host_url()
        wish = StartWish(unit=Unit.SITE, source=plot.source_url, target=plot.target_url, partner=partner)
        return await self.migration.move(wish)

    async def _redirects(self) -> Any:
        return await self.migration.source.sites.list(template="RedirectSite#0")

    # ------------------------------------------------------------------------------------------------ tenants

    def token(self, side: str, resource: str) -> str:
        tools = self.stage.tools
        return self.portal.call(tools.opener.token, tools.store.get(side), resource)

    def tell(self, side: str, do: str, **facts: object) -> Any:
        """A command on a tenant's control socket."""
        return ask(tenant_home(self.home, side), do, **facts)

    def lab(self, do: str, **facts: object) -> Any:
        """A command on the lab's control socket."""
        return ask(self.home, do, **facts)

    def state(self, side: str) -> dict[str, Any]:
        """One tenant's row of `lab status`."""
        return next(row for row in self.lab("status")["tenants"] if row["tenant"] == side)

    def service_log(self, side: str) -> Path:
        return tenant_home(self.home, side) / "service.log"

    def _tenant(self, side: str) -> Any:
        return self.migration.source if side == SOURCE else self.migration.target


@contextmanager
def ground_in(home: Path, *, shared_store: bool = False) -> Iterator[Ground]:
    """Start a lab in a new home, establish trust, create the people in the target and map them."""
    with ExitStack() as stack:
        stage = stack.enter_context(running_lab(home, shared_store=shared_store))
        portal = stack.enter_context(start_blocking_portal("asyncio"))
        source, target = (
            stack.enter_context(portal.wrap_async_context_manager(stage.tools.open(name))) for name in (SOURCE, TARGET)
        )
        ground = Ground(stage=stage, portal=portal, migration=Migration(source, target))
        portal.call(_introduce, ground)
        yield ground


async def _introduce(ground: Ground) -> None:
    await ground.migration.establish_trust()
    tenant = ground.stage.estate.tenant(SOURCE)
    domain = ground.stage.estate.tenant(TARGET).domain
    target = ground.migration.target
    for person in tenant.people:
        upn = f"moved.{person.upn.split('@')[0]}@{domain}"
        await users.create_user(
            target.session, upn=upn, display_name=person.display_name, password="long-And-1-secret", mail=upn
        )
        ground.people[person.upn] = upn
    lines = [f"User,{tenant.tenant_id},{old},{new},{new},RegularUser" for old, new in ground.people.items()]
    assert not await target.map.replace(lines)


async def _make_site(session: Any, admin_url: str, url: str, owner: str) -> None:
    await administration.make_site(session, admin_url, url=url, title="Planted", owner=owner)


def _archives(files: Iterator[Planted]) -> Iterator[Iterator[bytes]]:
    """Archives of bounded length, folders before what they hold; all second versions in an archive of their own, and so on."""
    made: set[tuple[str, ...]] = set()
    members: list[Member] = []
    further: list[tuple[int, Planted]] = []
    for number, file in enumerate(files):
        for depth in range(1, len(file.names)):
            if file.names[:depth] not in made:
                made.add(file.names[:depth])
                members.append(_member(file.names[:depth], None, number, 0))
        members.append(_member(file.names, file.versions[0], number, 0))
        if len(file.versions) > 1:
            further.append((number, file))
        if len(members) >= ARCHIVE_MEMBERS:
            yield _pieces(members)
            members = []
    if members:
        yield _pieces(members)
    for at in range(1, max((len(file.versions) for _, file in further), default=1)):
        yield _pieces([_member(file.names, file.versions[at], number, at) for number, file in further])


def _pieces(members: Sequence[Member]) -> Iterator[bytes]:
    """Small members together, so that a request is not sent in thousands of little pieces."""
    waiting = bytearray()
    for member in members:
        for piece in write_member(member):
            waiting += piece
        if len(waiting) > 1 << 20:
            yield bytes(waiting)
            waiting.clear()
    yield bytes(waiting) + END


def _member(names: tuple[str, ...], content: bytes | None, number: int, version: int) -> Member:
    moment = BEGAN + timedelta(minutes=number)
    return Member(
        names=names,
        is_folder=content is None,
        size_bytes=len(content or b""),
        created_at=moment,
        modified_at=moment + timedelta(hours=version),
        content=iter(() if content is None else (content,)),
    )


def wait_for(look: Callable[[], T | None], what: str, *, seconds: float, pause: float = 0.05) -> T:
    """The first thing that is not None. Fails when it does not come in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found is not None:
            return found
        time.sleep(pause)
    raise AssertionError(f"{what} did not come within {seconds:.0f} s")
