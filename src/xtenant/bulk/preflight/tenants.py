"""What is true of a whole tenant: features, keys of its own, farms, who may make sites: R-6.25, R-6.27, R-6.28, R-6.40, R-4.9."""

from __future__ import annotations

from collections.abc import Iterator

from xtenant.bulk.findings import Evidence, Remedy, Who
from xtenant.bulk.preflight import declarations
from xtenant.bulk.preflight.given import Given
from xtenant.bulk.preflight.online import FEATURES
from xtenant.bulk.preflight.rules import Group, Outcome, Rule

FEATURE = Rule(
    rule="R-6.25",
    text="the feature is switched on at both tenants (sites need MnASiteMove)",
    evidence=Evidence.ERROR_LIST,
    read="IsMnALicensingEnabledForTenant on each side",
    fails_as="E-01",
)
OWN_KEY = Rule(
    rule="R-6.27",
    text="the source does not encrypt with a key of its own",
    evidence=Evidence.DOCUMENTED,
    read="declared: byok",
    fails_as="E-28",
)
FARM = Rule(
    rule="R-6.28",
    text="the tenants are not on the same farm",
    evidence=Evidence.ERROR_LIST,
    read="only a start with ValidationOnly tells",
    fails_as="E-31",
)
LABELS = Rule(
    rule="R-6.40",
    text="no file has a label with user-defined permissions",
    evidence=Evidence.DOCUMENTED,
    read="declared: user_defined_labels; else only a start with ValidationOnly tells",
    fails_as="R-7.24",
)
CREATION = Rule(
    rule="R-4.9",
    text="nobody makes sites or OneDrives at the target meanwhile",
    evidence=Evidence.DOCUMENTED,
    read="isSiteCreationEnabled and the OneDrive setting of Graph's SharePoint settings",
    fails_as="E-21",
)
SAME_FARM, OWN_KEY_CODE = "MnAPartnersOnTheSameFarm", "MnABYOKEnabledOnSourceTenant"


def look(given: Given) -> Iterator[Outcome]:
    yield from _features(given)
    yield from _own_key(given)
    yield from _farm(given)
    yield from _labels(given)
    yield from _creation(given)


def _features(given: Given) -> Iterator[Outcome]:
    wanted = [name for name, needed in zip(FEATURES, (given.has_onedrives, given.has_sites), strict=True) if needed]
    for side, answers in ((given.source, given.online.source), (given.target, given.online.target)):
        for feature in wanted:
            on = answers.features.get(feature)
            if on is None:
                reason = "the tenant did not say" if side.signed_in else f"{side.name} is known by a file only"
                yield FEATURE.unknown(
                    reason, f"Is the feature {feature} enabled at {side.name}?", side.who, about=side.about()
                )
            elif not on:
                text = f"Ask Microsoft to enable {feature} for {side.name}: account team or support case, with the tenant id {side.facts.tenant_id}."
                remedy = Remedy(who=Who.MICROSOFT, text=text, waits_for="Microsoft's switch for this tenant")
                yield FEATURE.error(
                    side.about(), f"The feature {feature} is off at {side.name}.", remedy, detail=feature
                )


def _farm(given: Given) -> Iterator[Outcome]:
    if any(said.code == SAME_FARM for said in given.server.values()):
        text = "Open a support case with both tenant ids; no remedy of an administrator's is known (E-31)."
        remedy = Remedy(who=Who.MICROSOFT, text=text, waits_for="Microsoft's support")
        yield FARM.error(given.about_pair(), "Both tenants lie on the same farm, as the source says.", remedy)
    elif not given.whole_plan_asked:
        question = "Do both tenants lie on different SharePoint farms? A start with ValidationOnly answers."
        about = given.about_pair()
        yield FARM.unknown("no call reads it", question, Who.MICROSOFT, about=about, commands=given.ask_server)


def _own_key(given: Given) -> Iterator[Outcome]:
    said = given.value("byok")
    line = declarations.command(given.plan, "byok")
    if any(each.code == OWN_KEY_CODE for each in given.server.values()):
        text = "Turn Customer Key off at the source with Microsoft's help, then check again."
        remedy = Remedy(who=Who.SOURCE, text=text, waits_for="the roll back to keys of Microsoft to be complete")
        yield OWN_KEY.error(
            given.source.about(), "The source encrypts with a key of its own, as it says itself.", remedy
        )
    elif not said and not given.whole_plan_asked:
        question = "Does the source encrypt SharePoint with a key of its own (Customer Key, BYOK)?"
        yield OWN_KEY.unknown("no call reads it", question, Who.SOURCE, about=given.source.about(), commands=(line,))
    elif said == "yes":
        text = "Turn Customer Key off at the source with Microsoft's help; when that is done, declare it."
        remedy = Remedy(
            who=Who.SOURCE, text=text, commands=(line,), waits_for="the roll back to keys of Microsoft to be complete"
        )
        by = given.declared["byok"].declared_by
        yield OWN_KEY.error(
            given.source.about(), f"The source encrypts with a key of its own, as {by} declared.", remedy
        )


def _labels(given: Given) -> Iterator[Outcome]:
    said = given.value("user_defined_labels")
    line = declarations.command(given.plan, "user_defined_labels")
    if not said:
        question = (
            "Do files that move carry labels with user-defined permissions? The inventory sees names of labels only."
        )
        commands = (line, *given.ask_server)
        yield LABELS.unknown("no call reads it", question, Who.SOURCE, about=given.source.about(), commands=commands)
    elif said == "some":
        text = (
            "Remove these labels by hand, or with Unlock-SPOSensitivityLabelEncryptedFile file by file (R-7.24); "
            "when that is done, declare it."
        )
        remedy = Remedy(who=Who.SOURCE, text=text, commands=(line,), waits_for="the labels to be gone from every file")
        by = given.declared["user_defined_labels"].declared_by
        cause = f"Files that move carry labels with user-defined permissions, as {by} declared."
        yield LABELS.error(given.source.about(), cause, remedy)


def _creation(given: Given) -> Iterator[Outcome]:
    facts = given.target.facts
    settings = (("site creation", "site_creation", facts.site_creation_enabled, given.has_sites),
                ("OneDrive creation", "onedrive_creation", facts.personal_site_creation_enabled, given.has_onedrives))  # fmt: skip
    for what, key, read, matters in settings:
        said = given.value(key)
        if not matters or said == "restricted":
            continue
        enabled = True if said == "open" else read
        line = declarations.command(given.plan, key)
        if enabled is None:
            question = f"Is {what} restricted at the target while the moves run?"
            reason, about = "the setting could not be read", given.target.about()
            yield CREATION.unknown(reason, question, Who.TARGET, about=about, commands=(line,))
        elif enabled:
            text = f"Restrict {what} at the target until the moves are over; whatever is made at a move's address blocks it (R-0.4)."
            waits_for = "the setting in the administration centre"
            remedy = Remedy(who=Who.TARGET, text=text, waits_for=waits_for, commands=(line,) if said else ())
            yield CREATION.warning(given.target.about(), f"People may use {what} at the target.", remedy, detail=what)


GROUP = Group(name="Tenants", rules=(FEATURE, OWN_KEY, FARM, LABELS, CREATION), run=look)
