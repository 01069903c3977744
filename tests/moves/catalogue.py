"""How each error of Microsoft's catalogue comes about here: one function a row, which sets the cause up, looks, and undoes it.

A function gives what was said: Microsoft's code, if the row has one, and the text.
"""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import anyio
import httpx

from moves.scene import add_group, add_user
from moves.two_tenants import SOURCE_URL, TARGET_URL, TwoTenants, add_site, fill, user
from neighbours import APP_ID
from xtenant.client.map_files import closed_file
from xtenant.domain import caller, errors
from xtenant.domain.caller import ADMIN_APP_PERMISSIONS, AppCredential, Caller, CallerKind
from xtenant.domain.content import GROUP_TEMPLATE, REDIRECT_TEMPLATE, Role, Site
from xtenant.domain.directory import GroupKind
from xtenant.domain.identity import GroupKind as MapKind
from xtenant.domain.identity import GroupMapping, MapVersion, UserMapping
from xtenant.domain.tenant import parse_host_url
from xtenant.domain.trust import Compatibility, PartnerRole, RelationKey
from xtenant.lab.site_switches import statements_of
from xtenant.operations import access, identity_map, sites, trust
from xtenant.operations.site_facts import state_facts
from xtenant.service import TenantService

Said = tuple[str | None, str]
VALIDATION_ONLY = 2
ANN, THEIR_ANN = "ann@contoso.onmicrosoft.com", "ann@fabrikam.onmicrosoft.com"
ONEDRIVES = {name: f"https://{name}-my.sharepoint.com/personal" for name in ("contoso", "fabrikam")}
ONEDRIVE = f"{ONEDRIVES['contoso']}/ann_contoso_onmicrosoft_com"
THEIR_ONEDRIVE = f"{ONEDRIVES['fabrikam']}/ann_fabrikam_onmicrosoft_com"
GROUP_URL = "https://contoso.sharepoint.com/sites/crew"
PARTNER = "https://fabrikam-my.sharepoint.com/"


@dataclass
class Scene:
    """Two tenants with trust and a map for Ann and Bob; a site and Ann's OneDrive at the source."""

    pair: TwoTenants
    folder: Path

    @property
    def source(self) -> TenantService:
        return self.pair.source

    @property
    def target(self) -> TenantService:
        return self.pair.target

    def prepare(self) -> None:
        fill(self.source, add_site(self.source), {"Plan.docx": [b"plan"]})
        self.onedrive("ann")

    def onedrive(self, name: str) -> Site:
        at, clock, ids = self.source, self.source.clock, self.source.ids
        return sites.create_personal_site(
            at.units, geo=at.tenant.default_geo, user=user(at, name), clock=clock, ids=ids
        )

    def asked(self, source: str = SOURCE_URL, target: str = TARGET_URL, *, by: str = "contoso", **body: Any) -> Said:
        """What a start that only validates says."""
        members = {
            "SourceSiteUrl": source,
            "TargetSiteUrl": target,
            "TenantMergeTargetMySiteHostUrl": PARTNER,
            "Option": VALIDATION_ONLY,
            **body,
        }
        return said(self.pair.call(by, "POST", "/_api/SiteMoveJobs", json=members))

    @contextmanager
    def settings(self, service: TenantService, **changed: Any) -> Generator[None]:
        with service.units.write() as uow:
            before = uow.settings.get()
            uow.settings.put(dataclasses.replace(before, **changed))
        try:
            yield
        finally:
            with service.units.write() as uow:
                uow.settings.put(before)

    @contextmanager
    def stated(self, url: str, before: Sequence[tuple[str, str]], after: Sequence[tuple[str, str]]) -> Generator[None]:
        """A fact of the world around a site, as the lab's operator states it."""
        at = self.source
        state_facts(at.units, url=url, stated=statements_of(list(before)), clock=at.clock, ids=at.ids)
        try:
            yield
        finally:
            state_facts(at.units, url=url, stated=statements_of(list(after)), clock=at.clock, ids=at.ids)

    @contextmanager
    def mapped(self, **targets: str) -> Generator[None]:
        """Another map for a while: source name → UPN at the target. Afterwards Ann and Bob lead to their namesakes."""
        self.put_map(targets)
        try:
            yield
        finally:
            self.put_map({"ann": THEIR_ANN, "bob": "bob@fabrikam.onmicrosoft.com"})

    def put_map(self, targets: dict[str, str], groups: Sequence[GroupMapping] = ()) -> None:
        company = self.source.tenant.tenant_id
        rows: list[UserMapping | GroupMapping] = [
            UserMapping(
                company_id=company, source_upn=f"{name}@contoso.onmicrosoft.com", target_upn=upn, target_email=upn
            )
            for name, upn in targets.items()
        ]
        geo = self.target.tenant.default_geo.code
        with self.target.units.write() as uow:
            in_force = uow.identity_map.in_force(geo)
            version = MapVersion(
                geo=geo,
                version=(in_force.version if in_force else 0) + 1,
                replaced_at=self.target.clock.business_now(),
                replaced_by="admin",
                row_count=len(rows) + len(groups),
            )
            uow.identity_map.replace(version, [*rows, *groups])


def said(answer: httpx.Response) -> Said:
    if answer.is_success:
        return None, ""
    told = answer.json()["odata.error"]
    return told.get("innererror", {}).get("microsoftCode"), told["message"]["value"]


def raised(work: Callable[[], object]) -> Said:
    """What an operation or a tool of ours says where it refuses."""
    try:
        work()
    except errors.XTenantError as error:
        return error.microsoft_code, error.text
    return None, ""


def e01(scene: Scene) -> Said:
    with scene.settings(scene.source, feature_site_move=False):
        return scene.asked()


def e02(scene: Scene) -> Said:
    own = scene.source
    key = RelationKey(geo=own.tenant.default_geo.code, partner=parse_host_url(PARTNER), partner_role=PartnerRole.TARGET)
    with own.units.write() as uow:
        row = uow.relationships.get(key)
        uow.relationships.remove(key)
    assert row is not None
    try:
        return scene.asked()
    finally:
        with own.units.write() as uow:
            uow.relationships.put(row)


def e04(scene: Scene) -> Said:
    return scene.asked(
        "https://fabrikam.sharepoint.com/sites/theirs",
        "https://contoso.sharepoint.com/sites/back",
        by="fabrikam",
        TenantMergeTargetMySiteHostUrl="https://contoso-my.sharepoint.com/",
    )


def e06(scene: Scene) -> Said:
    return scene.asked(f"{ONEDRIVES['contoso']}/nobody_contoso_onmicrosoft_com", THEIR_ONEDRIVE)


def e07(scene: Scene) -> Said:
    with scene.stated(ONEDRIVE, [("status", "Creating")], [("status", "Active")]):
        return scene.asked(ONEDRIVE, THEIR_ONEDRIVE)


def e08(scene: Scene) -> Said:
    with scene.mapped(bob="bob@fabrikam.onmicrosoft.com"):
        return scene.asked(ONEDRIVE, THEIR_ONEDRIVE)


def e10(scene: Scene) -> Said:
    with scene.mapped(ann="bob@fabrikam.onmicrosoft.com"):
        return scene.asked(ONEDRIVE, THEIR_ONEDRIVE)


def e11(scene: Scene) -> Said:
    with scene.settings(scene.source, licences_required=True):
        return scene.asked(ONEDRIVE, THEIR_ONEDRIVE)


def e13(scene: Scene) -> Said:
    at, url = scene.source, "https://contoso.sharepoint.com/sites/mixed"
    site, eve = add_site(at, url), add_user(at, "eve")
    eve = dataclasses.replace(eve, upn="eve@fabrikam.onmicrosoft.com")
    with at.units.write() as uow:
        uow.users.update(eve)
        key = uow.principals.ensure([access.user_as_principal(eve)])[eve.user_id]
        uow.write_site(site.key, now=at.clock.business_now()).assign(key, Role.READ)
    return scene.asked(url)


def e15(scene: Scene) -> Said:
    with scene.mapped(ann="nobody@fabrikam.onmicrosoft.com"):
        return scene.asked(ONEDRIVE, f"{ONEDRIVES['fabrikam']}/nobody_fabrikam_onmicrosoft_com")


def e16(scene: Scene) -> Said:
    with scene.settings(scene.target, licences_required=True):
        return scene.asked(ONEDRIVE, THEIR_ONEDRIVE)


def e19(scene: Scene) -> Said:
    url = "https://contoso.sharepoint.com/sites/twice"
    add_site(scene.source, url)
    later: dict[str, Any] = {"PreferredMoveBeginDateInUtc": "2099-01-01T00:00:00Z", "Option": 0}
    assert scene.asked(url, "https://fabrikam.sharepoint.com/sites/twice", **later) == (None, "")
    return scene.asked(url, "https://fabrikam.sharepoint.com/sites/twice", **{**later, "TargetSiteUrl": TARGET_URL})


def e20(scene: Scene) -> Said:
    ours = add_group(scene.source, "crew", ["ann"], kind=GroupKind.UNIFIED, site_url=GROUP_URL)
    theirs = add_group(scene.target, "their.crew", ["ann"], kind=GroupKind.UNIFIED)
    with scene.source.units.write() as uow:
        sites.add_site(
            uow,
            geo=scene.source.tenant.default_geo,
            url=GROUP_URL,
            title="Crew",
            template=GROUP_TEMPLATE,
            owner=None,
            clock=scene.source.clock,
            ids=scene.source.ids,
            group_id=ours.group_id,
        )
    row = GroupMapping(
        company_id=scene.source.tenant.tenant_id,
        source_group_id=UUID(str(ours.group_id)),
        target_group_id=theirs.group_id,
        target_name="their.crew",
        kind=MapKind.O365,
    )
    scene.put_map({"ann": THEIR_ANN, "bob": "bob@fabrikam.onmicrosoft.com"}, [row])
    return scene.asked(GROUP_URL, "https://fabrikam.sharepoint.com/sites/their.crew")


def e21(scene: Scene) -> Said:
    url = "https://fabrikam.sharepoint.com/sites/taken"
    add_site(scene.target, url)
    return scene.asked(target=url)


def e22(scene: Scene) -> Said:
    with scene.stated(SOURCE_URL, [("storage", "6T")], [("storage", "0")]):
        return scene.asked()


def e23(scene: Scene) -> Said:
    with scene.stated(SOURCE_URL, [("holds", "on")], [("holds", "off")]):
        return scene.asked()


def e24(scene: Scene) -> Said:
    with scene.stated(ONEDRIVE, [("owner", "bob@contoso.onmicrosoft.com")], [("owner", ANN)]):
        return scene.asked(ONEDRIVE, THEIR_ONEDRIVE)


def e25(scene: Scene) -> Said:
    url = "https://contoso.sharepoint.com/sites/deep"
    fill(scene.source, add_site(scene.source, url), {"n" * 200: [b"deep"]})
    return scene.asked(url, f"https://fabrikam.sharepoint.com/sites/{'t' * 190}")


def e27(scene: Scene) -> Said:
    return scene.asked(TenantMergeTargetMySiteHostUrl="https://fabrikam-admin.sharepoint.com/")


def e28(scene: Scene) -> Said:
    with scene.settings(scene.source, byok=True):
        return scene.asked()


def e29(scene: Scene) -> Said:
    with scene.settings(scene.source, schema_version="99.0"):
        return scene.asked()


def e30(scene: Scene) -> Said:
    file = scene.folder / "map.csv"
    file.write_text("User,…\n", "utf-8")
    shutil.copy(file, scene.folder / "~$map.csv")
    return raised(lambda: closed_file(file))


def e31(scene: Scene) -> Said:
    with scene.settings(scene.source, farm="EU-12"), scene.settings(scene.target, farm="eu-12"):
        return scene.asked()


def e32(scene: Scene) -> Said:
    own = scene.target
    row = f"User,{scene.source.tenant.tenant_id},{ANN},{THEIR_ANN},{THEIR_ANN},Member"
    done = identity_map.replace_map(
        own.units,
        own=own.tenant.tenant_id,
        geo=own.tenant.default_geo,
        caller=_admin(own),
        lines=[row],
        clock=own.clock,
        limits=own.backend.limits,
    )
    return None, done.rejected[0].message


def e33(scene: Scene) -> Said:
    with scene.stated(ONEDRIVE, [("lock", "ReadOnly")], [("lock", "Unlock")]):
        return scene.asked(ONEDRIVE, THEIR_ONEDRIVE)


def e34(scene: Scene) -> Said:
    with scene.stated(ONEDRIVE, [("lock", "NoAccess")], [("lock", "Unlock")]):
        return scene.asked(ONEDRIVE, THEIR_ONEDRIVE)


def e35(scene: Scene) -> Said:
    own = scene.source
    key = RelationKey(geo=own.tenant.default_geo.code, partner=parse_host_url(PARTNER), partner_role=PartnerRole.TARGET)
    with scene.settings(own, feature_site_move=False, feature_od_move=False):
        return raised(
            lambda: anyio.run(
                lambda: trust.request_trust(
                    own.units,
                    own.backend.partner,
                    tenant=own.tenant,
                    geo=own.tenant.default_geo,
                    caller=_admin(own),
                    key=key,
                    clock=own.clock,
                    ids=own.ids,
                )
            )
        )


def e36(scene: Scene) -> Said:
    own = scene.source
    with scene.settings(own, imitate_e36=True):
        return raised(lambda: trust.host_url(own.units, tenant=own.tenant, geo=own.tenant.default_geo))


def e37(scene: Scene) -> Said:
    own, nobody = scene.source, parse_host_url("https://northwind-my.sharepoint.com/")

    async def ask() -> Compatibility:
        geo, partner = own.tenant.default_geo, own.backend.partner
        return await trust.compatibility(own.units, partner, tenant=own.tenant, geo=geo, target=nobody)

    return None, anyio.run(ask).value


def e38(scene: Scene) -> Said:
    own = scene.source
    app = Caller(
        kind=CallerKind.APP,
        tenant_id=own.tenant.tenant_id,
        app_id=UUID(str(APP_ID)),
        credential=AppCredential.CERTIFICATE,
        permissions=ADMIN_APP_PERMISSIONS - {"SharePointCrossTenantMigration.Manage.All"},
    )
    partner = parse_host_url(PARTNER)
    return raised(
        lambda: trust.own_word(own.units, tenant=own.tenant, geo=own.tenant.default_geo, caller=app, target=partner)
    )


def e40(scene: Scene) -> Said:
    own, name = scene.target, f"{ONEDRIVES['fabrikam']}/bob_fabrikam_onmicrosoft_com"
    geo, clock, ids = own.tenant.default_geo, own.clock, own.ids
    site = sites.create_personal_site(own.units, geo=geo, user=user(own, "bob"), clock=clock, ids=ids)
    with own.units.write() as uow:
        uow.sites.update(dataclasses.replace(site, template=REDIRECT_TEMPLATE, redirect_url=ONEDRIVE))
    page = sites.list_sites(own.units, geo=geo, template=REDIRECT_TEMPLATE)
    found = [one.url for one in page.sites]
    return None, "missing" if name not in found else f"there among {found}"


def e41(scene: Scene) -> Said:
    url = "https://fabrikam.sharepoint.com/sites/moved-away"
    site = add_site(scene.target, url)
    with scene.target.units.write() as uow:
        uow.sites.update(dataclasses.replace(site, template=REDIRECT_TEMPLATE, redirect_url=SOURCE_URL))
    return scene.asked(target=url)


def _admin(service: TenantService) -> Caller:
    return Caller(
        kind=CallerKind.USER,
        tenant_id=service.tenant.tenant_id,
        user_id=user(service, "admin").user_id,
        upn="admin@contoso.onmicrosoft.com",
        directory_roles=frozenset({caller.GLOBAL_ADMINISTRATOR}),
    )
