"""The steps that stop a move, from its job: jobs name addresses, the cmdlets want UPNs, addresses or aliases."""

from __future__ import annotations

from xtenant.bulk.emitted import Place
from xtenant.cli.drafts import place_of_partner
from xtenant.client.moves import MoveJob, Unit
from xtenant.client.profiles import Profile
from xtenant.client.tenant import TenantClient
from xtenant.cmdlets.script import verbs
from xtenant.cmdlets.script.steps import Step
from xtenant.domain.tenant import parse_host_url


async def stop_step(client: TenantClient, job: MoveJob) -> Step:
    """On the source: by the OneDrive's owner or the group's alias where the tenant tells them, else by address."""
    site = await client.sites.get(job.source_url)
    if "/personal/" in job.source_url.lower() and site.owner:
        return verbs.move_stop(Unit.USER, site.owner)
    if site.group_id is not None:
        (group,) = await client.people.groups([str(site.group_id)])
        alias = group.mail_nickname if group is not None else None
        if alias and job.source_url.lower().endswith(f"/sites/{alias.lower()}"):
            return verbs.move_stop(Unit.GROUP, alias)
    return verbs.move_stop(Unit.SITE, job.source_url)


def refusal(job: MoveJob, own: Profile) -> tuple[Place, Step]:
    """Refusing is a call of our own service, which Microsoft does not have: there the source's administrator stops the move."""
    step = verbs.move_stop(Unit.SITE, job.source_url, verb="move.refuse")
    return place_of_partner(parse_host_url(job.source_host_url), own), step
