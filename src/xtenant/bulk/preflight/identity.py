"""The identity map against the plan, in the file or as it is in force at the target: R-6.37; and the linter's word on the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from xtenant.bulk.findings import Evidence, Finding, Object, ObjectKind, Remedy, Severity, Who, finding_id
from xtenant.bulk.preflight import groups, lines, people
from xtenant.bulk.preflight.given import Given, Moving
from xtenant.bulk.preflight.online import Question
from xtenant.bulk.preflight.rules import Group, Outcome, Rule
from xtenant.client.map_rows import GroupRow, Row, UserRow, columns_of, line_of
from xtenant.domain import errors
from xtenant.domain.identity import GroupKind, UserKind
from xtenant.domain.move import JobKind
from xtenant.inventory.facts import PrincipalKind
from xtenant.people.maplint import findings as maplint
from xtenant.people.maplint.given import Given as MapGiven
from xtenant.people.maplint.given import Side as MapSide
from xtenant.people.maplint.keys import keyed
from xtenant.people.maplint.linting import Lint
from xtenant.people.maplint.reading import Reader

MAPPED = Rule(
    rule="R-6.37",
    text="everybody whose OneDrive moves, and every group, has one row in the map that says what the plan says",
    evidence=Evidence.ERROR_LIST,
    read="the map file; GetTenantUser/GroupIdentityMappingItem at the target",
    fails_as="E-08 to E-10",
)
CLEAN = Rule(
    rule="R-5.40",
    text="the map file is clean by the linter's rules R-5.40 to R-5.61",
    evidence=Evidence.DOCUMENTED,
    read="the map file, judged as by `xtenant map lint`",
    fails_as="E-32",
)
_OURS = frozenset({"R-5.56", "R-5.57", "R-5.63", "R-5.64", "R-5.65"})
"""Rules of the linter that the check looks at by itself, move by move."""
_EVIDENCE = {"R-5.44": Evidence.INFERRED, "R-5.53": Evidence.INFERRED, "R-5.55": Evidence.INFERRED,
             "R-5.60": Evidence.INFERRED, "R-5.61": Evidence.INFERRED}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Standing:
    """What a map says of one source: six columns of each row, folded."""

    rows: tuple[tuple[str, ...], ...]


def look(given: Given) -> Iterator[Outcome]:
    in_force = _in_force(given)
    if given.map_file is not None:
        yield from _linted(given, given.map_file)
        in_file = _in_file(given.map_file, given)
        yield from _each(given, in_file, "the map file", fixable=False)
        yield from _sent(given, given.map_file, in_file, in_force)
    elif in_force is not None:
        yield from _each(given, in_force, "the map in force at the target", fixable=True)
    elif any(moving.move.kind is not JobKind.SITE for moving in given.moves):
        reason = given.online.unanswered.get(
            Question.MAP, "no map file was given, and the target is known by a file only"
        )
        question = "Does the identity map have a row for every OneDrive and group of the plan?"
        yield MAPPED.unknown(reason, question, Who.TARGET, commands=(lines.ours(*given.rerun, "--map", "map.csv"),))


def wanted_rows(moves: Sequence[Moving], source_tenant: UUID) -> list[Row]:
    """The rows the plan wants, as far as source and target are known; what is looked up in the map in force."""
    return [row for moving in moves if (row := _wanted(moving, source_tenant)) is not None]


def _wanted(moving: Moving, company: UUID) -> Row | None:
    if moving.move.kind is JobKind.USER:
        account = moving.target_person
        guest = account is not None and account.kind is PrincipalKind.GUEST
        return UserRow(
            company_id=company,
            source_upn=moving.move.source,
            target_upn=moving.move.target,
            target_email=(account.mail if account else "") or moving.move.target,
            target_puid="",
            user_type=(UserKind.GUEST if guest else UserKind.REGULAR).value,
        )
    if moving.move.kind is JobKind.GROUP and moving.group is not None:
        target = moving.target_group
        return GroupRow(
            company_id=company,
            source_group_id=UUID(moving.group.principal_id),
            target_group_id=UUID(target.principal_id) if target else UUID(int=0),
            target_name=moving.move.target,
            group_type=GroupKind.O365.value,
        )
    return None


def _each(given: Given, standing: Mapping[str, _Standing], where: str, *, fixable: bool) -> Iterator[Outcome]:
    for moving in given.moves:
        wanted = _wanted(moving, given.source.facts.tenant_id)
        if wanted is None:
            continue
        found = standing.get(_key(wanted))
        cause = _fault(found, wanted, where)
        if cause:
            roots, remedy = _remedy(given, moving, wanted, found, fixable=fixable)
            about = moving.about_person() if moving.is_onedrive else _about_group(moving)
            yield MAPPED.error(about, cause, remedy, depends_on=roots)


def _about_group(moving: Moving) -> Object:
    return Object(kind=ObjectKind.GROUP, name=moving.move.source, moves=(moving.move.move_id,))


def _fault(found: _Standing | None, wanted: Row, where: str) -> str:
    name = wanted.source_upn if isinstance(wanted, UserRow) else str(wanted.source_group_id)
    rows = found.rows if found else ()
    if len(rows) != 1:
        return f"{where.capitalize()} has {len(rows) or 'no'} {'rows' if rows else 'row'} for {name}."
    (row,) = rows
    if _says(row, wanted):
        return ""
    return f"{where.capitalize()} leads {name} to '{row[3]}' ({row[5]}), the plan to '{_led_to(wanted)}'."


def _led_to(wanted: Row) -> str:
    return wanted.target_upn if isinstance(wanted, UserRow) else wanted.target_name


def _says(row: tuple[str, ...], wanted: Row) -> bool:
    """A user's row names the plan's target; a group's is of the right kind and names alias and, where known, group."""
    if isinstance(wanted, UserRow):
        return row[0] == "user" and row[3] == wanted.target_upn.casefold()
    fits = (row[0], row[4], row[5]) == ("group", wanted.target_name.casefold(), GroupKind.O365.value.casefold())
    return fits and (not wanted.target_group_id.int or row[3] == str(wanted.target_group_id))


def _remedy(
    given: Given, moving: Moving, wanted: Row, found: _Standing | None, *, fixable: bool
) -> tuple[list[str], Remedy]:
    """What comes first, and the line: in force by single row (R-5.29), in the file by hand."""
    known = moving.target_person if moving.is_onedrive else moving.target_group
    roots: list[str] = []
    if known is None:
        rule, about = (
            (people.ACCOUNT, moving.about_target_person())
            if moving.is_onedrive
            else (groups.MADE, moving.about_target_group())
        )
        roots.append(rule.id_of(about))
    if not fixable:
        text = f"Write this row into the file: {line_of(wanted)}"
        if isinstance(wanted, GroupRow) and not wanted.target_group_id.int:
            text = "Create the group at the target, then write its row into the file."
        return roots, Remedy(who=Who.TARGET, text=text, waits_for="`xtenant map lint` and `xtenant map replace`")
    if isinstance(wanted, GroupRow) and not wanted.target_group_id.int:
        return roots, Remedy(
            who=Who.TARGET, text="Create the group at the target, then check again for the row's line."
        )
    commands = [_set_line(wanted)]
    if found is not None and len(found.rows) > 1:
        commands.insert(0, _remove_line(wanted))
    text = "Put the row into the map; the next upload of the whole map must have it too (R-5.25)."
    return roots, Remedy(who=Who.TARGET, text=text, commands=lines.on(given.target.host_url, *commands))


def _set_line(row: Row) -> str:
    if isinstance(row, UserRow):
        return lines.cmdlet(
            "Add-SPOTenantIdentityMappingUser",
            SourceTenantCompanyId=str(row.company_id),
            SourceUserKey=row.source_upn,
            TargetUserUpn=row.target_upn,
            TargetUserEmail=row.target_email,
            UserType=row.user_type,
        )
    return lines.cmdlet(
        "Add-SPOTenantIdentityMappingGroup",
        SourceTenantCompanyId=str(row.company_id),
        SourceGroupObjectId=str(row.source_group_id),
        TargetGroupObjectId=str(row.target_group_id),
        TargetGroupName=row.target_name,
        GroupType=row.group_type,
    )


def _remove_line(row: Row) -> str:
    if isinstance(row, UserRow):
        return lines.cmdlet("Remove-SPOTenantIdentityMappingUser", Field="SourceUserKey", Value=row.source_upn)
    value = str(row.source_group_id)
    return lines.cmdlet("Remove-SPOTenantIdentityMappingGroup", Field="SourceGroupObjectId", Value=value)


def _key(row: Row) -> str:
    return (row.source_upn if isinstance(row, UserRow) else str(row.source_group_id)).casefold()


def _in_force(given: Given) -> dict[str, _Standing] | None:
    rows = given.online.map_rows
    if rows is None:
        return None
    company = given.source.facts.tenant_id
    return {
        key: _Standing(tuple(columns_of(row, folded=True) for row in found))
        for (owner, key), found in rows.items()
        if owner == company
    }


def _in_file(path: Path, given: Given) -> dict[str, _Standing]:
    """The file's rows of the sources that the plan names: one pass."""
    company = str(given.source.facts.tenant_id)
    wanted = {_key(row) for row in wanted_rows(given.moves, given.source.facts.tenant_id)}
    found: dict[str, list[tuple[str, ...]]] = {}
    for block in Reader(path).blocks():
        for fields in keyed(*block)[1]:
            key = fields[2].casefold()
            if key in wanted and fields[1].casefold() == company:
                found.setdefault(key, []).append(tuple(field.casefold() for field in fields))
    return {key: _Standing(tuple(rows)) for key, rows in found.items()}


def _sent(
    given: Given, path: Path, in_file: Mapping[str, _Standing], in_force: Mapping[str, _Standing] | None
) -> Iterator[Outcome]:
    """Whether the file is what is in force, for the rows that the plan needs."""
    about = Object(kind=ObjectKind.MAP, name=str(path))
    if in_force is None:
        question = "Was this file uploaded at the target, and does a look-up find its rows (R-5.26)?"
        reason = given.online.unanswered.get(Question.MAP, "the target is known by a file only")
        yield MAPPED.unknown(reason, question, Who.TARGET, about=about)
        return
    missing = [key for key, standing in in_file.items() if in_force.get(key) != standing]
    if missing:
        cause = f"{len(missing)} of the {len(in_file)} row(s) that the plan needs are not in force at the target as in {path}."
        line = lines.ours(
            "map", "replace", str(path), "-t", given.target.name, "--source", str(given.source.facts.tenant_id), "--yes"
        )
        text = "Send the whole file (R-5.25)."
        yield MAPPED.error(
            about, cause, Remedy(who=Who.TARGET, text=text, commands=(line,) if line else ()), detail="in force"
        )


def _linted(given: Given, path: Path) -> Iterator[Outcome]:
    """The linter's findings but those of rules that are looked at here."""
    sides = MapSide.of(given.source.inventory), MapSide.of(given.target.inventory)
    planned = [moving.move for moving in given.moves]
    lint = Lint(path, MapGiven(sources=sides[:1], target=sides[1], moves=planned))
    try:
        for each in lint:
            if each.rule not in _OURS:
                yield _told(path, each)
    except errors.UsageError as error:
        about = Object(kind=ObjectKind.MAP, name=str(path))
        remedy = Remedy(who=Who.TARGET, text=error.remedy)
        yield CLEAN.error(about, error.text, remedy)
        return
    for rule in lint.not_checked:
        if rule not in _OURS and rule != "R-5.59":
            yield _not_linted(rule, lint)


def _told(path: Path, each: maplint.Finding) -> Finding:
    about = Object(kind=ObjectKind.MAP, name=str(path) if each.line is None else f"{path} line {each.line}")
    detail = f"{each.column or ''}{each.message}"
    return Finding(
        id=finding_id(each.rule, about, detail),
        rule=each.rule,
        severity=Severity(each.severity.value),
        cause=each.message,
        evidence=_EVIDENCE.get(each.rule, Evidence.DOCUMENTED),
        object=about,
        remedy=Remedy(who=Who.TARGET, text=each.remedy),
    )


def _not_linted(rule: str, lint: Lint) -> Outcome:
    option = next((name for name, rules in lint.lacking.items() if rule in rules), "more")
    what = next((row.text for row in maplint.RULES if row.rule == rule), rule)
    unknown = Rule(rule=rule, text=what, evidence=_EVIDENCE.get(rule, Evidence.DOCUMENTED), read="the map file")
    return unknown.unknown(f"it is compared with {option}", f"Does it hold that {what}?", Who.TARGET)


GROUP = Group(name="Identity map", rules=(MAPPED, CLEAN), run=look)
