"""`xtenant sites …` and `xtenant redirects …`: what stands in a tenant, and what moves leave behind (step 7)."""

from __future__ import annotations

from typing import Annotated

import typer

from xtenant.cli.changing import changes
from xtenant.cli.output import OutputOption, emit
from xtenant.cli.tools import GeoOption, TenantOption, WhatIfOption, YesOption, tools_of
from xtenant.client.sites import REDIRECT_TEMPLATE, SiteRow
from xtenant.cmdlets.script import verbs

app = typer.Typer(help="The sites of a tenant.", no_args_is_help=True)
redirects = typer.Typer(help="The redirects that moves leave at the source.", no_args_is_help=True)

UrlArgument = Annotated[str, typer.Argument(help="The site's URL.")]


@app.command("list")
def list_sites(
    context: typer.Context,
    tenant: TenantOption,
    geo: GeoOption = None,
    template: Annotated[str | None, typer.Option("--template", help="Only this template, as STS#3.")] = None,
    personal: Annotated[bool, typer.Option("--include-personal", help="OneDrives too.")] = False,
    limit: Annotated[int | None, typer.Option("--limit", help="At most so many.", min=1)] = None,
    output: OutputOption = None,
) -> None:
    """List the sites of a tenant.

    Example: xtenant sites list -t contoso --include-personal
    """
    _emit_sites(context, tenant, geo, template, personal, limit, output)


@redirects.command("list")
def list_redirects(
    context: typer.Context, tenant: TenantOption, geo: GeoOption = None, output: OutputOption = None
) -> None:
    """List the redirects of a tenant, OneDrives' included (R-7.6).

    Example: xtenant redirects list -t contoso
    """
    _emit_sites(context, tenant, geo, REDIRECT_TEMPLATE, True, None, output)


def _emit_sites(
    context: typer.Context,
    tenant: str,
    geo: str | None,
    template: str | None,
    personal: bool,
    limit: int | None,
    output: OutputOption,
) -> None:
    tools = tools_of(context)

    async def work() -> list[SiteRow]:
        async with tools.open(tenant, geo) as client:
            return await client.sites.list(template=template, include_personal=personal, limit=limit)

    emit([row.shown() for row in tools.run(work)], output)


@app.command("show")
def show(
    context: typer.Context, url: UrlArgument, tenant: TenantOption, geo: GeoOption = None, output: OutputOption = None
) -> None:
    """Show one site.

    Example: xtenant sites show https://contoso.sharepoint.com/sites/legal -t contoso
    """
    tools = tools_of(context)

    async def work() -> SiteRow:
        async with tools.open(tenant, geo) as client:
            return await client.sites.get(url)

    emit(tools.run(work).shown(), output)


@app.command("remove")
@changes("sites.remove")
def remove(
    context: typer.Context,
    url: UrlArgument,
    tenant: TenantOption,
    geo: GeoOption = None,
    yes: YesOption = False,
    what_if: WhatIfOption = False,
    output: OutputOption = None,
) -> None:
    """Delete a site or redirect; it goes to the recycle bin.

    Example: xtenant sites remove https://contoso.sharepoint.com/sites/legal -t contoso --yes
    """
    _remove(context, url, tenant, geo, yes=yes, what_if=what_if, output=output, deleted=False)


@app.command("remove-deleted")
@changes("sites.remove_deleted")
def remove_deleted(
    context: typer.Context,
    url: UrlArgument,
    tenant: TenantOption,
    geo: GeoOption = None,
    yes: YesOption = False,
    what_if: WhatIfOption = False,
    output: OutputOption = None,
) -> None:
    """Delete a site from the recycle bin, for good.

    Example: xtenant sites remove-deleted https://fabrikam.sharepoint.com/sites/legal -t fabrikam --yes
    """
    _remove(context, url, tenant, geo, yes=yes, what_if=what_if, output=output, deleted=True)


def _remove(
    context: typer.Context,
    url: str,
    tenant: str,
    geo: str | None,
    *,
    yes: bool,
    what_if: bool,
    output: OutputOption,
    deleted: bool,
) -> None:
    """Read the site first, so that the question names what would be lost."""
    tools = tools_of(context)

    async def work() -> None:
        async with tools.open(tenant, geo) as client:
            if deleted:
                question = f"Delete {url} from the recycle bin of {tenant} for good?"
            else:
                site = await client.sites.get(url)
                question = f"Delete {site.url} ({site.template}, {site.storage_usage_mb or 0} MB) on {tenant}?"
            step = verbs.site_remove_deleted(url) if deleted else verbs.site_remove(url)
            tools.write_out(tools.store.get(tenant), geo, step)
            if what_if:
                return
            tools.consent(question, yes=yes)
            await (client.sites.remove_deleted if deleted else client.sites.remove)(url)

    tools.run(work)
    emit({"url": url, "tenant": tenant, "removed": not what_if, **({"what_if": True} if what_if else {})}, output)
