"""`xtenant token --as UPN`: a lab's people only, and only while their lab is in effect (settled C 4)."""

from __future__ import annotations

from desk import Desk
from neighbours import APP_ID

ANN = "ann@contoso.onmicrosoft.com"


def test_a_profile_of_microsoft_365_makes_no_tokens_in_a_persons_name(desk: Desk) -> None:
    url, app_id = "https://contoso-admin.sharepoint.com", ("--client-id", str(APP_ID))
    desk.run("connect", "real", "--url", url, *app_id, "--certificate", str(desk.certificate))
    answer = desk.run("token", "-t", "real", "--as", ANN)
    assert (answer.code, answer.out) == (5, "")
    assert "only a lab makes tokens in a person's name" in answer.err


def test_a_lab_that_is_not_in_effect_makes_none(desk: Desk) -> None:
    answer = desk.run("token", "-t", "contoso", "--as", ANN)
    assert (answer.code, answer.out) == (7, "")
    assert "no lab is in effect" in answer.err


def test_graph_is_the_resource_unless_another_is_named(desk: Desk) -> None:
    assert desk.run("token", "-t", "contoso").code == 0
