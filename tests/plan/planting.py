"""Plants one problem of each kind into an estate without any, and plays the parties whose turn it is where no line can help.

What is planted shows on the wire; the checker does not read this file, nor anything of it (`test_planted.py` looks at that).
`planted.toml` says of each kind what is to be found.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from uuid import uuid5

from moves.two_tenants import TwoTenants, trust
from plan.desks import LastingDesk
from plan.estate import MIGRATION, PLAN, SPACE, Estate, Side
from xtenant.domain.content import Role
from xtenant.domain.directory import User, UserId, UserType
from xtenant.domain.identity import GroupMapping, UserMapping
from xtenant.domain.licence import AssignedLicence
from xtenant.domain.paths import PATH_LENGTH, site_path
from xtenant.domain.trust import PartnerRole, RelationKey
from xtenant.operations import access, licences, sites
from xtenant.wire.transport import Connection, open_http_sync

PEOPLE = (
    *("readonly", "binned", "nodrive", "creating", "held", "huge", "large", "foreign", "guests", "owned", "nobody"),
    *("unlicensed", "unpaid", "unmapped", "mismapped", "predrive", "departed", "guest", "labelled", "secret", "deep"),
)
SITES = (
    *("noaccess", "redirected", "taken", "full", "binnedthere", "redirectthere", "started", "workflows", "marked"),
    *("names", "bulky", "finance"),
)
GROUPS = ("nogroup", "sitegroup", "publicgroup", "period", "unmappedgroup")
RENAMED = {"finance": "quarterly-reports-of-the-finance-department"}
"""Sites with another name at the target."""
EMPTY = ("predrive", "taken")
VALIDATE = {"Option": 2}
TENANT_WIDE = ("feature off", "key of its own", "trust in the wrong direction")
"""What keeps every move from starting, or every site's."""
DEPARTURES = "departures.csv"


@dataclasses.dataclass(frozen=True, slots=True)
class Ground:
    """Where it is planted: both tenants, and the desk whose folder holds the plan."""

    estate: Estate
    desk: LastingDesk
    refused_before: set[str] = dataclasses.field(default_factory=set[str])
    """What the service refused before anything tenant-wide was planted."""

    @property
    def source(self) -> Side:
        return self.estate.source

    @property
    def target(self) -> Side:
        return self.estate.target

    def declare(self, *pairs: str) -> None:
        answer = self.desk.run("plan", "declare", PLAN, *pairs, "--by", "the test")
        assert answer.code == 0, answer.err

    def deletes(self, side: Side, url: str, *, for_good: bool = False) -> None:
        sites.remove_site(side.service.units, url=url, clock=side.service.clock)
        if for_good:
            sites.remove_deleted_site(side.service.units, url=url)

    def let_in(self, url: str, user: User) -> None:
        """Give somebody of the source a right on a site."""
        with self.source.service.units.write() as uow:
            site = uow.sites.visible_by_url(url)
            assert site is not None
            key = uow.principals.ensure([access.user_as_principal(user)])[user.user_id]
            uow.write_site(site.key, now=self.source.service.clock.business_now()).assign(key, Role.READ)

    def stranger(self, upn: str, user_type: UserType = UserType.MEMBER) -> User:
        """An account at the source whose name is of the target."""
        service = self.source.service
        now = service.clock.business_now()
        added = User(
            user_id=UserId(uuid5(SPACE, upn)), upn=upn, display_name=upn, user_type=user_type, mail=upn, created_at=now
        )
        with service.units.write() as uow:
            uow.users.add(added)
        return added

    def takes(self, side: Side, name: str, *parts: str) -> None:
        """Take licences away from somebody."""
        with side.service.units.write() as uow:
            skus = [licences.subscribe(uow, part, 1_000).sku_id for part in parts]
            uow.licences.take(side.user(name).user_id, skus)

    def gives(self, side: Side, name: str, part: str) -> None:
        with side.service.units.write() as uow:
            sku = licences.subscribe(uow, part, 1_000)
            now = side.service.clock.business_now()
            uow.licences.assign(side.user(name).user_id, AssignedLicence(sku_id=sku.sku_id, assigned_at=now))

    def remap(self, change: Callable[[UserMapping | GroupMapping], UserMapping | GroupMapping | None]) -> None:
        """Replace the map in force by one in which each row is changed, or gone."""
        target = self.target.service
        with target.units.read() as uow:
            standing = uow.identity_map.in_force(target.tenant.default_geo.code)
            assert standing is not None
            keys = [row.source_key for row in self.estate.mapped]
            rows = uow.identity_map.resolve(target.tenant.default_geo.code, standing.version, keys).values()
        self.estate.replace_map([changed for row in rows if (changed := change(row)) is not None])

    def sharepoint(self, **changes: object) -> None:
        with self.target.service.units.write() as uow:
            settings = uow.sharepoint_settings.get()
            uow.sharepoint_settings.put(dataclasses.replace(settings, **changes))  # type: ignore[arg-type]

    def refused(self) -> set[str]:
        """The moves that the source's service refuses, asked with ValidationOnly."""
        estate, transport = self.estate, self.estate.block.sync_transport
        pairs = {name: (estate.site(name), estate.target_site(name)) for name in (*estate.sites, *estate.groups)}
        pairs |= {name: (estate.onedrive(name), estate.target_onedrive(name)) for name in estate.people}
        with open_http_sync(Connection(), transport=transport) as http:
            asked = TwoTenants(estate.block, http)
            return {
                name for name, (here, there) in pairs.items() if not asked.start(here, there, body=VALIDATE).is_success
            }


Plant = Callable[[Ground], None]


def _onedrive(name: str, **facts: str) -> Plant:
    return lambda ground: ground.source.state(ground.estate.onedrive(name), **facts)


def _site(name: str, **facts: str) -> Plant:
    return lambda ground: ground.source.state(ground.estate.site(name), **facts)


def _file(name: str, label: str) -> Plant:
    return lambda ground: ground.source.state_pairs(
        ground.estate.onedrive(name), [("label:Documents/Plan.docx", label)]
    )


def _without_row(name: str) -> Plant:
    def plant(ground: Ground) -> None:
        group = ground.source.group(name).group_id if name in GROUPS else None
        wanted = str(group or ground.source.upn(name))
        ground.remap(lambda row: None if row.source_key.key == wanted else row)

    return plant


def _led_elsewhere(ground: Ground) -> None:
    upn, other = ground.source.upn("mismapped"), ground.target.upn("owner")

    def change(row: UserMapping | GroupMapping) -> UserMapping | GroupMapping:
        if isinstance(row, UserMapping) and row.source_upn == upn:
            return dataclasses.replace(row, target_upn=other, target_email=other)
        return row

    ground.remap(change)


def _no_account(ground: Ground) -> None:
    target = ground.target
    with target.service.units.write() as uow:
        uow.users.delete(dataclasses.replace(target.user("nobody"), deleted_at=target.service.clock.business_now()))


def _no_group(ground: Ground) -> None:
    _without_row("nogroup")(ground)
    ground.target.change_group("nogroup", deleted_at=ground.target.service.clock.business_now())


def _departed(ground: Ground) -> None:
    ground.gives(ground.target, "departed", MIGRATION)
    ground.takes(ground.source, "departed", "SPE_E3", MIGRATION)
    left = ground.source.service.clock.business_now().date() - timedelta(days=80)
    Path(DEPARTURES).write_text(f"upn,departed\n{ground.source.upn('departed')},{left.isoformat()}\n")
    ground.declare(f"departures={DEPARTURES}")


def _foreign(ground: Ground) -> None:
    ground.let_in(ground.estate.onedrive("foreign"), ground.stranger("visitor@fabrikam.onmicrosoft.com"))


def _foreign_guest(ground: Ground) -> None:
    upn = "dora_fabrikam.onmicrosoft.com#EXT#@contoso.onmicrosoft.com"
    ground.let_in(ground.estate.onedrive("guests"), ground.stranger(upn, UserType.GUEST))


def _there(ground: Ground, name: str, files: tuple[str, ...] = ()) -> str:
    url = ground.estate.target_site(name)
    ground.target.add_site(url, owner="owner", files=files)
    return url


def _redirect_there(ground: Ground) -> None:
    ground.target.state(_there(ground, "redirectthere"), redirect="https://northwind.sharepoint.com/sites/old")


def _group_with_site(ground: Ground) -> None:
    url = ground.estate.target_site("sitegroup")
    ground.target.add_site(url, owner="owner", group=ground.target.group("sitegroup"), files=())
    ground.target.change_group("sitegroup", site_url=url)


def _group_without_site(ground: Ground) -> None:
    ground.deletes(ground.target, ground.estate.target_site("sitegroup"), for_good=True)
    ground.target.change_group("sitegroup", site_url=None)


def _started(ground: Ground) -> None:
    estate = ground.estate
    begin = ground.source.service.clock.business_now() + timedelta(days=30)
    partner = str(ground.target.service.tenant.default_geo.host_url)
    words = ("--site", estate.site("started"), estate.target_site("started"), "--begin", begin.isoformat())
    answer = ground.desk.run("move", "start", "--source", "contoso", "--partner", partner, *words)
    assert answer.code == 0, answer.err


def _wrong_direction(ground: Ground) -> None:
    own, other = ground.target.service, ground.source.service
    with own.units.write() as uow:
        partner = other.tenant.default_geo.host_url
        geo = own.tenant.default_geo.code
        uow.relationships.remove(RelationKey(geo=geo, partner=partner, partner_role=PartnerRole.SOURCE))
    trust(own, other, PartnerRole.TARGET)


def _path_of(length: int, *above: str) -> str:
    """A folder and a file below a library, so long that the whole path comes to so many characters."""
    used = len("/".join([*above, "", ".docx"]))
    return f"{'a' * 180}/{'b' * (length - used - 180)}.docx"


def _deep(ground: Ground) -> None:
    """As long as a path may be at the source; the target's name is a character longer."""
    url = ground.estate.onedrive("deep")
    ground.source.fill(url, [_path_of(PATH_LENGTH, site_path(url), "Documents")])


def _long(ground: Ground) -> None:
    """Ten characters too long at the target: less than what its address can lose."""
    path = _path_of(PATH_LENGTH + 10, site_path(ground.estate.target_site("finance")), "Shared Documents")
    ground.source.fill(ground.estate.site("finance"), [path])


def _bulky(ground: Ground) -> None:
    ground.declare("shared_data_licences=1")
    ground.source.state(ground.estate.site("bulky"), storage="1T")


def _own_key(ground: Ground) -> None:
    ground.source.change_settings(byok=True)
    ground.declare("byok=yes")


def _secret(ground: Ground) -> None:
    _file("secret", "Secret,user-defined")(ground)
    ground.declare("user_defined_labels=some")


PLANT: Mapping[str, Plant] = {
    "move waiting": _started,
    "feature off": lambda ground: ground.target.change_settings(feature_site_move=False),
    "key of its own": _own_key,
    "site creation allowed": lambda ground: ground.sharepoint(is_site_creation_enabled=True),
    "too few licences for sites": _bulky,
    "sign-in before the move": lambda ground: ground.target.change_user("large", account_enabled=True),
    "OneDrive in the recycle bin": lambda ground: ground.deletes(ground.source, ground.estate.onedrive("binned")),
    "no OneDrive": lambda ground: ground.deletes(ground.source, ground.estate.onedrive("nodrive"), for_good=True),
    "OneDrive being made": _onedrive("creating", status="Creating"),
    "site is a redirect": _site("redirected", redirect="https://northwind.sharepoint.com/sites/moved"),
    "read-only": _onedrive("readonly", lock="ReadOnly"),
    "no access": _site("noaccess", lock="NoAccess"),
    "hold": _onedrive("held", holds="on"),
    "over 5 TB": _onedrive("huge", storage="6T"),
    "over 2 TB": _onedrive("large", storage="3T"),
    "paths that renames shorten": _deep,
    "path that a shorter address mends": _long,
    "name that is refused": lambda ground: ground.source.fill(ground.estate.site("names"), ["~$Plan.docx"]),
    "no account": _no_account,
    "account is a guest": lambda ground: ground.target.change_user("guest", user_type=UserType.GUEST),
    "no SharePoint licence": lambda ground: ground.takes(ground.target, "unlicensed", "SPE_E3"),
    "no migration licence": lambda ground: ground.takes(ground.source, "unpaid", MIGRATION),
    "no row in the map": _without_row("unmapped"),
    "row leads elsewhere": _led_elsewhere,
    "no row for a group": _without_row("unmappedgroup"),
    "empty OneDrive at the target": lambda ground: ground.target.add_onedrive("predrive", files=()) and None,
    "empty site at the target": lambda ground: _there(ground, "taken") and None,
    "site in use at the target": lambda ground: _there(ground, "full", ("Theirs.docx",)) and None,
    "recycled site at the target": lambda ground: ground.deletes(ground.target, _there(ground, "binnedthere")),
    "redirect at the target": _redirect_there,
    "no group": _no_group,
    "group with a site": _group_with_site,
    "group of another access type": lambda ground: ground.target.change_group("publicgroup", visibility="Public"),
    "group with a period": lambda ground: ground.target.change_group("period", display_name="Team v2.0"),
    "label with user-defined permissions": _secret,
    "user of the target's domain": _foreign,
    "guest of the target's domain": _foreign_guest,
    "OneDrive of another owner": _onedrive("owned", owner="owner@contoso.onmicrosoft.com"),
    "workflows": _site("workflows", **{"list__Workflow History": "140"}),
    "labelled site": _site("marked", label="Confidential"),
    "labelled files": _file("labelled", "Confidential"),
    "departed": _departed,
    "trust in the wrong direction": _wrong_direction,
}
"""One of each kind, in the order in which they are planted: what needs trust comes before it is turned round."""

PLAYED: Mapping[str, Plant] = {
    "feature off": lambda ground: ground.target.change_settings(feature_site_move=True),
    "site creation allowed": lambda ground: ground.sharepoint(is_site_creation_enabled=False),
    "sign-in before the move": lambda ground: ground.target.change_user("large", account_enabled=False),
    "OneDrive being made": _onedrive("creating", status="Active"),
    "hold": _onedrive("held", holds="off"),
    "over 5 TB": _onedrive("huge", storage="0"),
    "account is a guest": lambda ground: ground.target.change_user("guest", user_type=UserType.MEMBER),
    "site in use at the target": lambda ground: ground.deletes(
        ground.target, ground.estate.target_site("full"), for_good=True
    ),
    "group with a site": _group_without_site,
    "group of another access type": lambda ground: ground.target.change_group("publicgroup", visibility="Private"),
    "group with a period": lambda ground: ground.target.change_group("period", display_name="Team v2"),
    "workflows": _site("workflows", **{"list__Workflow History": "0"}),
    "labelled site": _site("marked", label=""),
    "labelled files": _file("labelled", ""),
}
"""What the named party does, for kinds without lines: Microsoft, a person of the company, an administrator in the portal."""
