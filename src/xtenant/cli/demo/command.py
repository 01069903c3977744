"""`xtenant demo`: the whole story in order, the table at its end, and an exit code that means something."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from xtenant.cli.demo.estate import ONEDRIVE, SITE, Content, bring_in, content_of
from xtenant.cli.demo.proving import Proved, Prover
from xtenant.cli.demo.stage import SOURCE, TARGET, Stage, home_of_its_own, interruptible, running_lab
from xtenant.cli.demo.steps import Moved, PlannedMove, SevenSteps
from xtenant.cli.demo.telling import Teller
from xtenant.client.migration import Migration
from xtenant.client.moves import StartWish, Unit, target_url
from xtenant.domain import errors
from xtenant.domain.tenant import HostUrl
from xtenant.outside.clock import SystemClock

SOURCE_SITE = f"https://{SOURCE}.sharepoint.com/sites/project"
TARGET_SITE = f"https://{TARGET}.sharepoint.com/sites/project"
SOURCE_USER, TARGET_USER = f"ann@{SOURCE}.com", f"ann.archer@{TARGET}.com"
COLUMNS = ("", "items", "files", "folders", "versions", "bytes", "seconds", "items/s", "differences")


def register(app: typer.Typer) -> None:
    """Put `demo` into the command tree."""
    app.command("demo")(demo)


def demo(
    content: Annotated[
        Path | None, typer.Option("--content", help="A folder whose real files become the site; else examples/estate.")
    ] = None,
    home: Annotated[
        Path | None, typer.Option("--home", help="An empty folder for the lab; else a temporary one.")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the lab's home there afterwards.")] = False,
) -> None:
    """Two tenants, a trust, a site and a OneDrive moved and proved, in a lab of its own that is removed afterwards.

    Example: xtenant demo --content /usr/share/doc
    """
    teller, clock = Teller(), SystemClock()
    started = clock.monotonic()
    chosen = content_of(content)
    with interruptible(), home_of_its_own(home, keep=keep) as place:
        teller.heading(f"A lab with two tenants, {SOURCE} and {TARGET}")
        with running_lab(place) as stage:
            teller.say(f"ready after {clock.monotonic() - started:.1f} s in {place}")
            stage.tools.run(lambda: _play(stage, chosen, teller))
    conclude(teller, clock.monotonic() - started)


async def _play(stage: Stage, content: Content, teller: Teller) -> None:
    async with stage.tools.open(SOURCE) as source, stage.tools.open(TARGET) as target:
        steps, prover = SevenSteps(stage, Migration(source, target), teller), Prover(stage, teller)
        teller.heading("Content for the source")
        brought = await bring_in(stage, source, content, site_url=SOURCE_SITE, upn=SOURCE_USER, teller=teller)
        plans = _plans(await target.host_url(), onedrive_url=brought.onedrive_url)
        for plan, report in zip(plans, (brought.site, brought.onedrive), strict=True):
            await prover.record(plan.name, source, plan.seen_url, files=report.files, size_bytes=report.size_bytes)
        await steps.connect()
        await steps.request_trust()
        await steps.verify_trust()
        await steps.create_people()
        await steps.map_identities()
        moved = await steps.move(plans)
        await steps.show_redirects(plans)
        proved = [
            await prover.compare(plan.name, target, plan.target_url, people=steps.people, groups=steps.groups)
            for plan in plans
        ]
        await steps.remove_trust()
        teller.table(COLUMNS, _rows(moved, proved))


def _plans(partner: HostUrl, *, onedrive_url: str) -> list[PlannedMove]:
    site = StartWish(unit=Unit.SITE, source=SOURCE_SITE, target=TARGET_SITE, partner=partner)
    user = StartWish(unit=Unit.USER, source=SOURCE_USER, target=TARGET_USER, partner=partner)
    to = f"-TargetCrossTenantHostUrl {partner}"
    return [
        PlannedMove(
            name=SITE,
            wish=site,
            seen_url=SOURCE_SITE,
            target_url=TARGET_SITE,
            cmdlet=f"Start-SPOCrossTenantSiteContentMove -SourceSiteUrl {SOURCE_SITE} -TargetSiteUrl {TARGET_SITE} {to}",
        ),
        PlannedMove(
            name=ONEDRIVE,
            wish=user,
            seen_url=onedrive_url,
            target_url=target_url(user),
            cmdlet="Start-SPOCrossTenantUserContentMove -SourceUserPrincipalName "
            f"{SOURCE_USER} -TargetUserPrincipalName {TARGET_USER} {to}",
        ),
    ]


def _rows(moved: Sequence[Moved], proved: Sequence[Proved]) -> list[list[str]]:
    rows: list[list[str]] = []
    for proof, done in zip(proved, sorted(moved, key=lambda done: done.plan.name != SITE), strict=True):
        totals = proof.after
        rows.append(
            [
                done.plan.name,
                f"{totals.items:,}",
                f"{totals.files:,}",
                f"{totals.folders:,}",
                f"{totals.versions:,}",
                f"{totals.size_bytes:,}",
                f"{done.seconds:.1f}",
                f"{totals.items / max(done.seconds, 0.001):,.0f}",
                f"{proof.differences:,}",
            ]
        )
    return rows


def conclude(teller: Teller, seconds: float) -> None:
    """Exit code 0 only if every check held."""
    if not teller.failed:
        teller.say(f"All {teller.held} checks held, after {seconds:.0f} s. The lab is gone.")
        return
    teller.say(f"{len(teller.failed)} of {teller.held + len(teller.failed)} checks failed:")
    for failure in teller.failed:
        teller.say(f"✗ {failure}")
    raise typer.Exit(errors.ExitCode.FINDINGS)
