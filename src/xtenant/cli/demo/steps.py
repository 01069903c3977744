"""The seven steps of a migration as the library does them, each told with the cmdlet lines that do the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from xtenant.cli.demo.stage import SOURCE, TARGET, Stage
from xtenant.cli.demo.telling import Bars, Teller
from xtenant.client.migration import Migration
from xtenant.client.moves import MoveJob, StartWish
from xtenant.client.sites import REDIRECT_TEMPLATE
from xtenant.client.tenant import TenantClient
from xtenant.domain import errors
from xtenant.domain.directory import GroupKind
from xtenant.domain.ports.clock import Clock
from xtenant.domain.trust import Compatibility, PartnerRole, TrustStatus
from xtenant.lab.estate import PersonRole
from xtenant.lab.mails import MAIL_FOLDER, mails_in
from xtenant.protocols.graph.call import groups, users

TEAM = "project-team"
MAIL_SECONDS = 20.0
MOVE_SECONDS = 3_600.0
LOOK_SECONDS = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedMove:
    """One move of the demo; `seen_url` is where its content lies before, `target_url` where it will lie."""

    name: str
    wish: StartWish
    seen_url: str
    target_url: str
    cmdlet: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A move that was watched to its end."""

    plan: PlannedMove
    job: MoveJob
    seconds: float


class SevenSteps:
    """One step a method, in Microsoft's order. Facts learnt on the way: the people map."""

    def __init__(self, stage: Stage, migration: Migration, teller: Teller) -> None:
        self._stage = stage
        self._migration = migration
        self._teller = teller
        self._clock: Clock = stage.tools.clock
        self.people: dict[str, str] = {}
        self._groups: dict[UUID, UUID] = {}

    @property
    def groups(self) -> dict[str, str]:
        """Object ids of the source's groups and the target's, as the map has them."""
        return {str(source): str(target) for source, target in self._groups.items()}

    async def connect(self) -> None:
        """Step 1."""
        self._teller.heading("Step 1 · Connect to the source and the target")
        for name, tenant in ((SOURCE, self._migration.source), (TARGET, self._migration.target)):
            self._teller.cmdlet(f"Connect-SPOService -Url {tenant.admin_url}", "Get-SPOCrossTenantHostUrl")
            await tenant.sign_in()
            host_url = await tenant.host_url()
            self._teller.check(f"signed in to {name} as an app, by certificate", True, f"host URL {host_url}")

    async def request_trust(self) -> None:
        """Step 2, both administrators' halves."""
        self._teller.heading("Step 2 · Establish trust: both sides ask")
        source, target = await self._migration.source.host_url(), await self._migration.target.host_url()
        set_trust = "Set-SPOCrossTenantRelationship -Scenario MnA -PartnerRole {} -PartnerCrossTenantHostUrl {}"
        self._teller.cmdlet(
            f"{set_trust.format('Target', target)}   # on {SOURCE}",
            f"{set_trust.format('Source', source)}   # on {TARGET}",
        )
        await self._migration.establish_trust()
        await self._tell_mails()

    async def verify_trust(self) -> None:
        """Step 3."""
        self._teller.heading("Step 3 · Verify trust on both sides")
        self._teller.cmdlet(
            "Test-SPOCrossTenantRelationship -Scenario MnA -PartnerRole Target -PartnerCrossTenantHostUrl "
            f"{await self._migration.target.host_url()}   # and the same on {TARGET}, with Source"
        )
        seen = await self._migration.verify_trust()
        for name, side in ((SOURCE, seen.source), (TARGET, seen.target)):
            good = side.this_side is TrustStatus.GOOD_TO_PROCEED
            self._teller.check(f"{name} says", good, side.this_side.value)

    async def create_people(self) -> None:
        """Step 4: users and a group in the target, over Graph, since Microsoft has no SharePoint cmdlet for it."""
        self._teller.heading("Step 4 · Create users and groups in the target")
        self._teller.cmdlet(
            "New-MgUser -UserPrincipalName ann.archer@fabrikam.com …", f"New-MgGroup -MailNickname {TEAM} …"
        )
        target = self._migration.target.session
        domain = self._stage.estate.tenant(TARGET).domain
        for person in self._stage.estate.tenant(SOURCE).people:
            if person.role is not PersonRole.USER:
                continue
            upn = f"{person.display_name.lower().replace(' ', '.')}@{domain}"
            await users.create_user(
                target,
                upn=upn,
                display_name=person.display_name,
                password=f"{self._stage.ids.secret(18)}-aA1",
                mail=upn,
            )
            self.people[person.upn] = upn
        before = await _security_group(self._migration.source)
        self._groups[before] = await _security_group(self._migration.target)
        present = [user.upn async for user in users.list_users(target)]
        missing = sorted(set(self.people.values()) - set(present))
        self._teller.check(f"{len(self.people)} users and 1 group exist in {TARGET}", not missing, ", ".join(missing))

    async def map_identities(self) -> None:
        """Step 5: the map, and compatibility."""
        self._teller.heading("Step 5 · Map identities, and ask for compatibility")
        self._teller.cmdlet(
            "Add-SPOTenantIdentityMap -IdentityMapPath identity-map.csv",
            "Get-SPOTenantIdentityMappingUser -Field SourceUserKey -Value ann@contoso.com",
            f"Get-SPOCrossTenantCompatibilityStatus -PartnerCrossTenantHostUrl {await self._migration.target.host_url()}",
        )
        lines = self._map_lines()
        for line in lines[:2]:
            self._teller.say(line)
        refused = await self._migration.target.map.replace(lines)
        self._teller.check(f"the map of {len(lines)} rows is taken whole", not refused, "; ".join(refused[:3]))
        found = [len(await self._migration.target.map.users("SourceUserKey", upn)) for upn in self.people]
        self._teller.check("every user row is found again", all(count == 1 for count in found))
        status = await self._migration.source.compatibility(await self._migration.target.host_url())
        self._teller.check("the tenants are", status is Compatibility.COMPATIBLE, status.value)

    async def move(self, plans: Sequence[PlannedMove]) -> list[Moved]:
        """Step 6: start, and watch to the end."""
        self._teller.heading("Step 6 · Start the moves and watch them")
        self._teller.cmdlet(*(plan.cmdlet for plan in plans))
        started = self._clock.monotonic()
        jobs = {plan.name: await self._migration.move(plan.wish) for plan in plans}
        moved: dict[str, Moved] = {}
        with self._teller.bars() as bars:
            while len(moved) < len(plans):
                for plan in plans:
                    job = jobs[plan.name] = await self._look_again(jobs[plan.name])
                    _draw(bars, plan, job)
                    if job.ended and plan.name not in moved:
                        moved[plan.name] = Moved(plan=plan, job=job, seconds=self._clock.monotonic() - started)
                if self._clock.monotonic() - started > MOVE_SECONDS:
                    raise errors.Unexpected(f"The moves did not end within {MOVE_SECONDS:.0f} s.")
                await self._clock.sleep(LOOK_SECONDS)
        for done in moved.values():
            self._teller.check(
                f"the {done.plan.name} moved", done.job.state == "Success", done.job.error or done.job.state
            )
        return list(moved.values())

    async def show_redirects(self, plans: Sequence[PlannedMove]) -> None:
        """Step 7, first half: what stands at the old addresses."""
        self._teller.heading("Step 7 · Afterwards: redirects, proof, end of trust")
        self._teller.cmdlet(f"Get-SPOSite -Template {REDIRECT_TEMPLATE} -IncludePersonalSite $true")
        found = await self._migration.source.sites.list(template=REDIRECT_TEMPLATE, include_personal=True)
        urls = {site.url.rstrip("/").lower() for site in found}
        for plan in plans:
            self._teller.check(f"a redirect stands at {plan.seen_url}", plan.seen_url.lower() in urls)

    async def remove_trust(self) -> None:
        """Step 7, second half."""
        source, target = await self._migration.source.host_url(), await self._migration.target.host_url()
        remove = "Remove-SPOCrossTenantRelationship -Scenario MnA -PartnerRole {} -PartnerCrossTenantHostUrl {}"
        self._teller.cmdlet(
            f"{remove.format('Target', target)}   # on {SOURCE}", f"{remove.format('Source', source)}   # on {TARGET}"
        )
        await self._migration.remove_trust()
        for name, tenant, partner, role in (
            (SOURCE, self._migration.source, target, PartnerRole.TARGET),
            (TARGET, self._migration.target, source, PartnerRole.SOURCE),
        ):
            status = await tenant.trust.status(partner, role)
            self._teller.check(f"{name} says", status is TrustStatus.NOT_ESTABLISHED, status.value)

    async def _tell_mails(self) -> None:
        """The requests are mailed from an outbox, so that they may come a moment later (R-2.19)."""
        folder = self._stage.home / MAIL_FOLDER
        deadline = self._clock.monotonic() + MAIL_SECONDS
        while len(mails_in(folder)) < 2 and self._clock.monotonic() < deadline:
            await self._clock.sleep(LOOK_SECONDS)
        mails = mails_in(folder)
        for mail in mails:
            self._teller.say(f"mail to {', '.join(mail.recipients)}: {mail.subject}")
        self._teller.check("both tenants' administrators have a mail", len(mails) >= 2)

    async def _look_again(self, job: MoveJob) -> MoveJob:
        if job.ended:
            return job
        found = await self._migration.source.moves.by_id(job.id)
        if found is None:
            raise errors.Unexpected(f"The move job {job.id} is gone.")
        return found

    def _map_lines(self) -> list[str]:
        """Six columns (R-5.1): type, source tenant, source, target, target's mail or name, kind."""
        company = self._stage.estate.tenant(SOURCE).tenant_id
        return [
            *(f"User,{company},{source},{target},{target},RegularUser" for source, target in self.people.items()),
            *(f"Group,{company},{source},{target},{target},RegularGroup" for source, target in self._groups.items()),
        ]


async def _security_group(tenant: TenantClient) -> UUID:
    made = await groups.create_group(tenant.session, kind=GroupKind.SECURITY, display_name="Project team", alias=TEAM)
    return made.group_id


def _draw(bars: Bars, plan: PlannedMove, job: MoveJob) -> None:
    state = f"{job.state_name} {job.phase or ''}".strip()
    bars.show(plan.name, done=job.items_done or 0, total=job.items_total, state=state)
