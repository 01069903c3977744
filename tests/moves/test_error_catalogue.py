"""Microsoft's error catalogue, row by row: the cause is set up, and Microsoft's code and text come back. What cannot arise
here stands in `docs/explanation/error-catalogue.md` with its reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog.testing

from moves import catalogue
from moves.catalogue import ANN, ONEDRIVE, THEIR_ANN, Said, Scene
from moves.two_tenants import SOURCE_URL, two_tenants

PAGE = Path(__file__).parents[2] / "docs/explanation/error-catalogue.md"
LAST = 42

CASES: dict[str, tuple[Callable[[Scene], Said], str | None, str]] = {
    "E-01": (
        catalogue.e01,
        "FeatureIsNotEnabled",
        "The Cross-Tenant content move [MnASiteMove] feature is not enabled for this tenant.",
    ),
    "E-02": (
        catalogue.e02,
        "MnATrustNoSetupForPartner",
        "There is no Cross-Tenant relationship established for partner [https://fabrikam-my.sharepoint.com/].",
    ),
    "E-04": (
        catalogue.e04,
        "MnATrustWrongCmdletUsage",
        "You can't use this cmdlet with a partner with [Source] Cross-Tenant relationship configuration "
        "[https://contoso-my.sharepoint.com/].",
    ),
    "E-06": (
        catalogue.e06,
        "MnAOdbForSourceUPNDoesNotExist",
        f"OneDrive site for source user UPN [{catalogue.ONEDRIVES['contoso']}/nobody_contoso_onmicrosoft_com] does not "
        "exist.",
    ),
    "E-07": (
        catalogue.e07,
        "MnAOdbForSourceUPNDoesNotExistYet",
        f"OneDrive site for source user UPN [{ANN}] does not yet exist. Current URL - [{ONEDRIVE}].",
    ),
    "E-08": (
        catalogue.e08,
        "MnAIdentityMapEntryDoesNotExistsForSourceUPN",
        f"Identity map entry for source UPN [{ANN}] does not exist on the target tenant.",
    ),
    "E-10": (
        catalogue.e10,
        "MnAIdentityMapEntryDoesNotMatchRequest",
        f"The identity map entry for source UPN [{ANN}] doesn't correspond to the requested target UPN "
        "[ann_fabrikam_onmicrosoft_com].",
    ),
    "E-11": (
        catalogue.e11,
        "MnAOdbUsersAreNotLicensed",
        f"Neither source UPN [{ANN}], nor target UPN [{THEIR_ANN}] are licensed for Cross-tenant OneDrive migration.",
    ),
    "E-13": (
        catalogue.e13,
        "MnATargetDomainIsAlreadyInSourceSiteUsers",
        "The source ODB 'https://contoso.sharepoint.com/sites/mixed' contains users with the target tenant domain "
        "'fabrikam.onmicrosoft.com' in their UPN, such as [eve@fabrikam.onmicrosoft.com].",
    ),
    "E-15": (
        catalogue.e15,
        "MnATargetUserDoesNotExist",
        "Target user [nobody@fabrikam.onmicrosoft.com] does not exist on the target side.",
    ),
    "E-16": (
        catalogue.e16,
        "MnATargetUserIsNotSpoEnabled",
        f"Target user [{THEIR_ANN}] is not allowed to have any SharePoint resources, including OneDrive.",
    ),
    "E-19": (
        catalogue.e19,
        "MnASiteMoveIsInprogressOrFinished",
        "Failed to initiate cross-tenant move because another move job for the same source URL "
        "[https://contoso.sharepoint.com/sites/twice] is already in progress or has finished.",
    ),
    "E-20": (
        catalogue.e20,
        None,
        "Invalid character: the name or alias of the target group [their.crew] has a period.",
    ),
    "E-21": (
        catalogue.e21,
        "MnASiteMoveTargetUrlHasWriteConflict",
        "The target tenant has a conflict for the site provided. Check whether site with url from the TargetSiteUrl "
        "property of this job already exists on the target.",
    ),
    "E-22": (
        catalogue.e22,
        None,
        "The source site has 6,597,069,766,656 bytes; the limit is 5,497,558,138,880.",
    ),
    "E-23": (catalogue.e23, None, f"The source site [{SOURCE_URL}] is under a hold policy."),
    "E-24": (
        catalogue.e24,
        "MnAOdbOwnerUrlMismatch",
        f"The OneDrive site '{ONEDRIVE}' has a site owner 'bob@contoso.onmicrosoft.com' that doesn't match the owner of "
        "the OneDrive.",
    ),
    "E-25": (
        catalogue.e25,
        "MnATargetUrlNotValidForRename",
        f"For site Source url 'https://contoso.sharepoint.com/sites/deep', target url "
        f"'https://fabrikam.sharepoint.com/sites/{'t' * 190}', including files and folders, exceeds the character limit "
        "of the destination.",
    ),
    "E-27": (
        catalogue.e27,
        "MnAFatalErrorAdminSiteCouldNotBeUsedAsMySiteHost",
        "Cross-tenant moves are blocked because the TargetCrossTenantHostUrl value is incorrect.",
    ),
    "E-28": (
        catalogue.e28,
        "MnABYOKEnabledOnSourceTenant",
        "Blocking Cross-Tenant moves because 'Bring Your Own Key' (BYOK) is enabled for the Source tenant.",
    ),
    "E-29": (
        catalogue.e29,
        "MnAPartnersFarmsAreIncompatible",
        "Please verify the compatibility status before running the migration. In case of incompatible tenants, we "
        "recommend waiting for a minimum of 48 hours.",
    ),
    "E-30": (catalogue.e30, None, "map.csv is open in a spreadsheet."),
    "E-31": (
        catalogue.e31,
        "MnAPartnersOnTheSameFarm",
        "It has been detected that partners reside in the same SPO location that prevents them from migrating.",
    ),
    "E-32": (catalogue.e32, None, "1: can't be added. Check the format"),
    "E-33": (catalogue.e33, None, f"The source site [{ONEDRIVE}] is locked: ReadOnly."),
    "E-34": (catalogue.e34, None, f"The source site [{ONEDRIVE}] is locked: NoAccess."),
    "E-35": (
        catalogue.e35,
        "FeatureIsNotEnabled",
        "The Cross-Tenant content move feature is not enabled for this tenant.",
    ),
    "E-36": (
        catalogue.e36,
        "FeatureIsNotEnabled",
        "The Cross-Tenant content move feature is not enabled for this tenant.",
    ),
    "E-37": (catalogue.e37, None, "Incompatible"),
    "E-38": (catalogue.e38, None, "Only a SharePoint administrator of the source tenant may start a move (R-2.27)."),
    "E-40": (catalogue.e40, None, "missing"),
    "E-41": (
        catalogue.e41,
        "MnASiteMoveTargetUrlHasWriteConflict",
        "The target tenant has a conflict for the site provided.",
    ),
}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("catalogue")
    with two_tenants(folder) as pair, structlog.testing.capture_logs():
        scene = Scene(pair, folder)
        scene.prepare()
        yield scene


@pytest.mark.parametrize("row", CASES)
def test_each_cause_brings_microsofts_code_and_text(row: str, scene: Scene) -> None:
    cause, code, text = CASES[row]
    found = cause(scene)
    assert text in found[1]
    assert found[0] == code


def test_nothing_speaks_against_the_move_once_every_cause_is_undone(scene: Scene) -> None:
    """So that no case owes its error to one before it."""
    assert scene.asked() == (None, "")
    assert scene.asked(catalogue.ONEDRIVE, catalogue.THEIR_ONEDRIVE) == (None, "")


def test_the_page_lists_every_row_of_the_catalogue_once_as_tested_or_with_a_reason() -> None:
    rows = re.findall(r"^\| (E-\d\d) \|(.*)\|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert [name for name, _ in rows] == [f"E-{n:02d}" for n in range(1, LAST + 1)]
    tested = {name for name, rest in rows if rest.strip().startswith("set up")}
    assert tested == set(CASES)
    assert all(len(rest.partition("|")[2].strip()) > 20 for name, rest in rows if name not in CASES), (
        "a reason for each"
    )
