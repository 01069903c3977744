"""The lines as Microsoft's articles print them for steps 1, 2, 3 and 7, in `xtenant shell` inside a lab.

Placeholders are filled in, and Connect-SPOService stands at each change of side, since a session holds one connection
(R-1.4). Spelling follows the pages: letter case, Verify beside Test, en dashes, host URLs with and without a slash.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from e2e.labs import Done, Lab, lab_up

SOURCE = "https://contoso-my.sharepoint.com/"
TARGET = "https://fabrikam-my.sharepoint.com/"

STEP_1 = "Connect-SPOService -url https://<TenantName>-admin.sharepoint.com"
STEP_2_HOST_URL = "Get-SPOCrossTenantHostURL"
STEP_2_SOURCE = "Set-SPOCrossTenantRelationship -Scenario MnA -PartnerRole Target -PartnerCrossTenantHostUrl <TARGETCrossTenantHostUrl>"
STEP_2_TARGET = "Set-SPOCrossTenantRelationship -Scenario MnA -PartnerRole Source -PartnerCrossTenantHostUrl <SOURCECrossTenantHostUrl>"
STEP_3_SOURCE = STEP_2_SOURCE.replace("Set-", "Test-")
STEP_3_TARGET = STEP_2_TARGET.replace("Set-", "Test-")
STEP_7_SOURCE = STEP_2_SOURCE.replace("Set-", "Remove-")
STEP_7_TARGET_AS_PRINTED = STEP_7_SOURCE
"""R-7.3: the page prints the source's line for the target too."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab_up(tmp_path_factory.mktemp("articles") / "home") as running:
        yield running


@pytest.fixture(autouse=True)
def without_trust(lab: Lab) -> None:
    assert lab.tools("trust", "remove", "--source", "contoso", "--target", "fabrikam").code == 0


def filled(line: str, tenant: str = "") -> str:
    """The line with the reader's own names in place of the placeholders."""
    for placeholder, value in (("SOURCECross", SOURCE), ("TARGETCross", TARGET)):
        line = line.replace(f"<{placeholder}TenantHostUrl>", value)
    return line.replace("<TenantName>", tenant)


def on(tenant: str, *lines: str) -> list[str]:
    """Lines for one side, after connecting to it."""
    return [filled(line, tenant) for line in (STEP_1, *lines)]


def with_en_dashes(line: str) -> str:
    return line.replace(" -", " –")


def with_verify(line: str) -> str:
    return line.replace("Test-", "Verify-").replace("HostUrl ", "HostURL ")


def without_slash(line: str) -> str:
    return filled(line).removesuffix("/")


def statuses(done: Done) -> list[str]:
    """What the Test and Verify lines printed; a Set, Remove or Get prints more than one word or a URL."""
    return [line for line in done.out.splitlines() if line.isalpha()]


STEPS_1_TO_3 = [
    *on("contoso", STEP_2_HOST_URL, STEP_3_SOURCE, STEP_2_SOURCE, STEP_3_SOURCE),
    *on("fabrikam", STEP_2_HOST_URL, with_verify(STEP_3_TARGET), with_en_dashes(STEP_2_TARGET)),
    *[filled(STEP_3_TARGET), filled(with_verify(with_en_dashes(STEP_3_TARGET))), without_slash(STEP_3_TARGET)],
    *on("contoso", STEP_3_SOURCE, with_verify(STEP_3_SOURCE), with_en_dashes(STEP_3_SOURCE)),
]


def test_steps_1_to_3_as_printed_give_the_statuses_the_articles_promise(lab: Lab) -> None:
    done = lab.inside_xtenant("shell", stdin="\n".join(STEPS_1_TO_3) + "\n")
    assert done.code == 0, done.err
    assert [line for line in done.out.splitlines() if line.startswith("https://")] == [SOURCE, TARGET]
    assert statuses(done) == [
        "NotEstablished",
        "NotEstablishedByPartner",
        "NotEstablished",
        *["GoodToProceed"] * 3,
        *["GoodToProceed"] * 3,
    ]
    assert "error" not in done.err.lower()


def test_one_side_alone_waits_for_its_partner_whichever_begins(lab: Lab) -> None:
    lines = [*on("fabrikam", STEP_2_TARGET, STEP_3_TARGET), *on("contoso", STEP_3_SOURCE)]
    done = lab.tools("shell", stdin="\n".join(lines))
    assert (done.code, statuses(done)) == (0, ["NotEstablishedByPartner", "NotEstablished"])


def test_step_7_ends_the_trust_side_by_side_and_the_misprinted_line_is_corrected(lab: Lab) -> None:
    assert lab.tools("shell", stdin="\n".join(STEPS_1_TO_3)).code == 0
    source_first = [*on("contoso", STEP_7_SOURCE, STEP_3_SOURCE), *on("fabrikam", STEP_3_TARGET)]
    done = lab.tools("shell", stdin="\n".join([*source_first, filled(STEP_7_TARGET_AS_PRINTED)]))
    assert done.code == 5
    assert statuses(done) == ["NotEstablished", "NotEstablishedByPartner"]
    assert f"{TARGET} is the host URL of fabrikam itself" in done.err
    corrected = next(line for line in done.err.splitlines() if "Remove-SPO" in line)
    corrected = corrected[corrected.index("Remove-SPO") :]
    assert corrected == filled(STEP_2_TARGET).replace("Set-", "Remove-")
    after = lab.tools("shell", stdin="\n".join([*on("fabrikam", STEP_3_TARGET, corrected, STEP_3_TARGET)]))
    assert (after.code, statuses(after)) == (0, ["NotEstablishedByPartner", "NotEstablished"])


def test_a_placeholder_left_in_is_refused_before_anything_is_sent(lab: Lab) -> None:
    done = lab.tools("shell", "-t", "contoso", stdin=f"{STEP_2_SOURCE}\n{filled(STEP_3_SOURCE)}\n")
    assert done.code == 5
    assert "placeholder" in done.err
    assert statuses(done) == ["NotEstablished"]
