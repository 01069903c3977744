"""What must hold before a move (R-6.22 to R-6.44), each side's part: asked at Start, and again in the Validation phase.

Every problem is gathered, none is raised. What the target finds travels as codes and texts; without trust it says nothing
but that, so that nobody learns whether a user or an address exists (R-2.28).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from xtenant.domain import errors, limits, obstacles, paths, source_obstacles
from xtenant.domain.content import ItemKey, LockState, PrincipalKey, Site, SiteStatus
from xtenant.domain.directory import UserId, UserType
from xtenant.domain.identity import GroupKind, GroupMapping, SourceKey, UserMapping
from xtenant.domain.move import PATH_LIMIT, JobKind, MoveJob
from xtenant.domain.ports.clock import Clock
from xtenant.domain.ports.partner_moves import FoundObstacle, StartAnswer, StartQuestion
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.domain.tenant import Geo, GeoCode, HostUrl, TenantId, TenantSettings
from xtenant.domain.trust import Compatibility, PartnerAnswer, PartnerRole, RelationKey, compatibility_of
from xtenant.operations import licences

PAGE = 1_000
EXAMPLES = 3
"""How many users a refusal names."""
VERSIONS_A_FILE = limits.DEFAULT.write_rows - 1
"""A file and all its versions are written in one transaction."""
LONGEST_AGE = 100 * 365 * 86_400
"""A partner's number of seconds is cut here, before it meets a date."""


def source_problems(settings: TenantSettings, site: Site | None, job: MoveJob) -> list[errors.XTenantError]:
    """The source's own: features, the site, its lock, its counters (R-6.25, R-6.29, R-6.30, R-6.32, R-6.33)."""
    found: list[errors.XTenantError] = []
    personal = job.kind is JobKind.USER
    if not (settings.feature_od_move if personal else settings.feature_site_move):
        found.append(obstacles.MoveFeatureOff("MnAODMove" if personal else "MnASiteMove"))
    if settings.byok:
        found.append(source_obstacles.OwnKey())
    if site is None or not site.is_visible or site.is_redirect:
        missing = obstacles.SourceOneDriveMissing if personal else obstacles.SourceMissing
        return [*found, missing(job.source_key)]
    if site.lock_state is not LockState.UNLOCK:
        found.append(obstacles.SourceLocked(site.url, site.lock_state.value))
    if site.frozen_by not in (None, job.job_id):
        found.append(obstacles.AlreadyMoving(site.url))
    if site.status is not SiteStatus.ACTIVE:
        found.append(source_obstacles.SourceNotReady(job.source_key, site.url))
    if site.has_holds:
        found.append(source_obstacles.SourceOnHold(site.url))
    if site.used_bytes > settings.size_limit_bytes:
        found.append(obstacles.TooBig("bytes", site.used_bytes, settings.size_limit_bytes))
    if site.item_count + site.version_count > settings.item_limit:
        found.append(obstacles.TooBig("items and versions", site.item_count + site.version_count, settings.item_limit))
    return found


def path_problems(uow: UnitOfWork, site: Site, target_url: str) -> list[errors.XTenantError]:
    """R-6.34: whether one resulting path would be longer than 400 characters; streams through the site once."""
    room = PATH_LIMIT - len(paths.site_path(target_url))
    after = ItemKey(0)
    libraries = {library.key: library.name for library in uow.items.libraries(site.key)}
    while page := uow.items.page(site.key, after=after, limit=PAGE):
        places = uow.items.paths_of(page)
        for item in page:
            names = (libraries.get(item.library_key or item.key, ""), *places[item.key])
            if sum(map(len, names)) + len(names) > room:
                return [obstacles.TargetPathTooLong(site.url, target_url)]
        after = page[-1].key
    return []


def content_problems(uow: UnitOfWork, site: Site, target_url: str) -> list[errors.XTenantError]:
    """What only a look at the content tells: paths (R-6.34), labels (R-6.40), the owner of a OneDrive (R-6.44), and a file
    whose versions do not fit into one transaction."""
    found = path_problems(uow, site, target_url)
    stated = uow.item_facts.of_site(site.key)
    if blocking := next((key for key, facts in stated.items() if facts.user_defined), None):
        item = uow.items.by_keys([blocking])[blocking]
        found.append(
            source_obstacles.LabelBlocks("/".join(uow.items.paths_of([item])[blocking]), stated[blocking].label)
        )
    if site.is_personal and site.person_id not in (None, site.owner_id):
        owner = None if site.owner_id is None else uow.users.by_id(UserId(site.owner_id))
        found.append(source_obstacles.OwnerDiffers(site.url, owner.upn if owner else ""))
    if site.version_count > VERSIONS_A_FILE:
        item = uow.items.with_more_versions(site.key, than=VERSIONS_A_FILE)
        if item is not None:
            found.append(obstacles.TooManyVersions("/".join(uow.items.paths_of([item])[item.key]), VERSIONS_A_FILE))
    return found


def domain_problems(uow: UnitOfWork, site: Site, domains: Sequence[str]) -> list[errors.XTenantError]:
    """R-6.43: users of a site, its owner included, whose UPN bears a domain of the target, as a member's or guest's does."""
    wanted = {domain.lower() for domain in domains if domain}
    after, found = PrincipalKey(0), list[tuple[str, str]]()
    while wanted and (page := uow.site_groups.users(site.key, after=after, limit=PAGE)):
        for user in page:
            name = user.principal.login.rpartition("|")[2].lower()
            if domain_of(name) in wanted:
                found.append((domain_of(name), name))
        after = page[-1].principal.key
        if len(found) >= EXAMPLES or len(page) < PAGE:
            break
    if not found:
        return []
    return [source_obstacles.TargetDomainInside(site.url, found[0][0], [name for _, name in found[:EXAMPLES]])]


def domain_of(upn: str) -> str:
    """The domain a UPN in lower case is of: a member's at its end, a guest's at home, before `#ext#`."""
    home, guest, _ = upn.partition("#ext#@")
    return home.rpartition("_")[2] if guest else upn.rpartition("@")[2]


def own_word_age(uow: UnitOfWork, geo: GeoCode, partner: HostUrl, *, now: datetime) -> int | None:
    """Whole seconds since this source named a partner as its target; None when it has not."""
    standing = uow.relationships.get(RelationKey(geo=geo, partner=partner, partner_role=PartnerRole.TARGET))
    return None if standing is None else max(0, int((now - standing.requested_at).total_seconds()))


def source_is_licensed(uow: UnitOfWork, settings: TenantSettings, job: MoveJob) -> bool:
    """R-6.36, the source's half: a OneDrive's owner holds the migration licence here, or none is required here (R-4.25)."""
    if job.kind is not JobKind.USER or not settings.licences_required:
        return True
    owner = uow.users.by_upn(job.source_key)
    return owner is not None and licences.may_move_onedrive(uow, owner.user_id)


def question_of(
    job: MoveJob, schema_version: str = "", word_age_seconds: int | None = None, *, licensed: bool = True
) -> StartQuestion:
    """What a job's target checks."""
    return StartQuestion(
        kind=job.kind,
        source_key=job.source_key,
        target_key=job.target_key,
        source_url=job.source_url,
        target_url=job.target_url,
        schema_version=schema_version,
        word_age_seconds=word_age_seconds,
        unmapped=job.unmapped,
        source_id=job.source_id,
        licensed=licensed,
    )


def target_problems(
    uow: UnitOfWork, geo: Geo, source_tenant: TenantId, question: StartQuestion
) -> Sequence[errors.XTenantError]:
    """The target's own: address, people, identity map (R-6.35, R-6.37 to R-6.39)."""
    found: list[errors.XTenantError] = []
    host = (urlsplit(question.target_url).hostname or "").lower()
    if host not in (geo.my_host, geo.root_host) or not paths.site_path(question.target_url):
        found.append(obstacles.TargetUrlWrong(question.target_url))
    elif uow.sites.any_by_url(question.target_url):
        found.append(obstacles.TargetTaken())
    if question.kind is JobKind.USER:
        found += _user_problems(uow, geo, source_tenant, question)
    if question.kind is JobKind.GROUP:
        found += _group_problems(uow, geo, source_tenant, question)
    if question.unmapped and uow.users.by_upn(question.unmapped) is None:
        found.append(obstacles.TargetUserMissing(question.unmapped))
    return found


def answer_start(
    units: Units,
    geo: Geo,
    partner: HostUrl,
    source_tenant: TenantId,
    question: StartQuestion,
    *,
    clock: Clock,
    domains: Sequence[str] = (),
) -> StartAnswer:
    """The target's answer to a source that wants to start. It asks nobody: our own relationship row and the word the source
    says it gave, both old enough, are the condition for saying anything of users and addresses (R-2.28). Its own word it
    tells as a verification does."""
    with units.read() as uow:
        settings = uow.settings.get()
        key = RelationKey(geo=geo.code, partner=partner, partner_role=PartnerRole.SOURCE)
        standing = uow.relationships.get(key)
        waiting = timedelta(seconds=settings.waiting_period)
        if standing is None:
            return StartAnswer(trusted=False)
        age = max(clock.business_now() - standing.requested_at, timedelta(0))
        word = StartAnswer(
            trusted=False,
            requested=True,
            age_seconds=int(age.total_seconds()),
            waiting_seconds=settings.waiting_period,
        )
        theirs = question.word_age_seconds
        if theirs is None or theirs < settings.waiting_period or age < waiting:
            return word
        found = [*target_problems(uow, geo, source_tenant, question)]
    personal = question.kind is JobKind.USER
    if not (settings.feature_od_move if personal else settings.feature_site_move):
        found.append(obstacles.MoveFeatureOff("MnAODMove" if personal else "MnASiteMove"))
    return dataclasses.replace(
        word,
        trusted=True,
        geo=geo.code,
        schema_version=settings.schema_version,
        farm=settings.farm,
        domains=tuple(domains),
        obstacles=tuple(
            FoundObstacle(
                code=problem.code, text=problem.text, remedy=problem.remedy, microsoft_code=problem.microsoft_code
            )
            for problem in found
        ),
    )


def _user_problems(
    uow: UnitOfWork, geo: Geo, source_tenant: TenantId, question: StartQuestion
) -> list[errors.XTenantError]:
    version = uow.identity_map.in_force(geo.code)
    row = target_row(uow, geo, source_tenant, question.source_key, version.version if version else 0)
    if row is None:
        return [obstacles.NoMapRow(question.source_key)]
    found: list[errors.XTenantError] = []
    last = paths.site_path(question.target_url).rpartition("/")[2]
    if paths.personal_path(row.target_upn) != last.lower():
        found.append(obstacles.MapRowDiffers(question.source_key, question.target_key))
    person = uow.users.by_upn(row.target_upn)
    if person is None:
        return [*found, obstacles.TargetUserMissing(row.target_upn)]
    if not question.licensed and not licences.may_move_onedrive(uow, person.user_id):
        found.append(obstacles.NotLicensed(question.source_key, row.target_upn))
    unlicensed = uow.settings.get().licences_required and not licences.may_have_sharepoint(uow, person.user_id)
    if unlicensed or person.user_type is UserType.GUEST:
        found.append(obstacles.TargetUserNotEnabled(row.target_upn))
    return found


def _group_problems(
    uow: UnitOfWork, geo: Geo, source_tenant: TenantId, question: StartQuestion
) -> list[errors.XTenantError]:
    """R-6.39, R-4.21, R-4.22, R-5.20, R-5.57: the group is there without a site, and the map leads to it by its alias."""
    group = uow.groups.by_alias(question.target_key)
    if group is None:
        return [obstacles.TargetGroupMissing(question.target_key)]
    found: list[errors.XTenantError] = []
    if "." in group.mail_nickname + group.display_name:
        found.append(obstacles.GroupNameIllegal(group.display_name))
    if group.site_url is not None:
        found.append(obstacles.TargetTaken())
    if _managed_path(question.source_url) != _managed_path(question.target_url):
        found.append(obstacles.TargetUrlWrong(question.target_url))
    version = uow.identity_map.in_force(geo.code)
    key = SourceKey(source_tenant, str(question.source_id or ""))
    row = uow.identity_map.resolve(geo.code, version.version, [key]).get(key) if version else None
    if not isinstance(row, GroupMapping) or row.kind is not GroupKind.O365:
        found.append(obstacles.NoGroupRow(question.source_key))
    elif (row.target_name.lower(), row.target_group_id) != (group.mail_nickname.lower(), group.group_id):
        found.append(obstacles.GroupRowDiffers(question.source_key, question.target_key))
    return found


def _managed_path(url: str) -> str:
    """`sites` or `teams`; the last part of the address is the alias (R-5.20)."""
    return paths.site_path(url).partition("/")[0].lower()


def target_row(uow: UnitOfWork, geo: Geo, source_tenant: TenantId, source_upn: str, version: int) -> UserMapping | None:
    """The identity map's row of a source user in one version of the map."""
    key = SourceKey(source_tenant, source_upn.casefold())
    row = uow.identity_map.resolve(geo.code, version, [key]).get(key) if version else None
    return row if isinstance(row, UserMapping) else None


def word_in(answer: StartAnswer | None) -> PartnerAnswer | None:
    """The verification inside an answer to a start; None when the target could not be asked."""
    if answer is None:
        return None
    age, waiting = (
        timedelta(seconds=min(max(seconds, 0), LONGEST_AGE)) for seconds in (answer.age_seconds, answer.waiting_seconds)
    )
    return PartnerAnswer(requested=answer.requested, age=age, waiting=waiting)


def from_answer(
    partner: HostUrl, answer: StartAnswer | None, *, schema_version: str, farm: str = ""
) -> list[errors.XTenantError]:
    """The target's findings as errors of ours, whether the schemas fit (R-6.26), and the farms differ (R-6.28)."""
    if answer is None or not answer.trusted:
        return [no_trust(partner)]
    fits = compatibility_of(schema_version, answer.schema_version or None)
    found: list[errors.XTenantError] = [obstacles.Incompatible()] if fits is Compatibility.INCOMPATIBLE else []
    if farm and farm.casefold() == answer.farm.casefold():
        found.append(source_obstacles.SameFarm())
    return found + [
        obstacles.Reported(found.code, found.text, found.microsoft_code, found.remedy) for found in answer.obstacles
    ]


def no_trust(partner: HostUrl) -> errors.XTenantError:
    """E-02 where the statuses of both sides are not at hand."""
    return obstacles.TrustGone(partner.text)
