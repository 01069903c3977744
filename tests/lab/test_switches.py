"""`xtenant lab set`: readable names and values, and nothing unknown accepted."""

from __future__ import annotations

import pytest

from xtenant.domain import errors
from xtenant.domain.tenant import StatusSet, TenantSettings, Throttling
from xtenant.lab.switches import seconds_of, switch, switches_of


@pytest.mark.parametrize(
    ("key", "text", "field", "value"),
    [
        ("waiting_period", "7d", "waiting_period", 604_800),
        ("Waiting-Period", "1d12h", "waiting_period", 129_600),
        ("status_set", "PREVIEW", "status_set", StatusSet.PREVIEW),
        ("MnAODMove", "off", "feature_od_move", False),
        ("mnasitemove", "false", "feature_site_move", False),
        ("E36", "on", "imitate_e36", True),
        ("schema_version", "15.0", "schema_version", "15.0"),
        ("map_rejects", "whole", "map_rejects_whole", True),
        ("map-rejects", "rows", "map_rejects_whole", False),
        ("blob_grace", "0", "blob_grace", 0),
        ("size_limit_bytes", "10M", "size_limit_bytes", 10 * 1024**2),
        ("item_limit", "500", "item_limit", 500),
        (
            "app_permissions",
            "User.Read.All, graph/Sites.Read.All",
            "app_permissions",
            "User.Read.All,graph/Sites.Read.All",
        ),
        ("app_permissions", "None", "app_permissions", "none"),
        ("app_permissions", "registered", "app_permissions", ""),
        ("security_clock_offset", "-15m", "security_clock_offset", -900),
        ("throttle", "published", "throttle", Throttling.PUBLISHED),
        ("throttle_speed", "60", "throttle_speed", 60),
    ],
)
def test_a_setting_is_changed_under_the_name_people_use(key: str, text: str, field: str, value: object) -> None:
    before = TenantSettings()
    after = switch(before, key, text)
    assert getattr(after, field) == value
    assert {name for name, now in switches_of(after).items() if now != switches_of(before)[name]} <= {field}


@pytest.mark.parametrize(
    ("key", "text", "says"),
    [
        ("MnAODMoves", "on", "Did you mean MnAODMove"),
        ("waiting", "7d", "waiting_period"),
        ("zzz", "1", "There are: MnAODMove"),
        ("schema_version", "older", "major.minor"),
        ("waiting_period", "soon", "Write 7d"),
        ("waiting_period", "-7d", ""),
        ("status_set", "old", ""),
        ("E36", "maybe", ""),
        ("item_limit", "-3", ""),
        ("item_limit", "1e9", ""),
        ("size_limit_bytes", "many", "10M"),
        ("throttle_speed", "0", ""),
        ("throttle_speed", "61", ""),
    ],
)
def test_an_unknown_key_or_value_is_refused_with_what_would_do(key: str, text: str, says: str) -> None:
    with pytest.raises(errors.UsageError) as refused:
        switch(TenantSettings(), key, text)
    assert says in refused.value.remedy


def test_durations_may_be_combined() -> None:
    assert seconds_of("1d2h3m4s") == 93_784
    assert seconds_of("90") == 90


@pytest.mark.parametrize("text", ["", "d", "7 days", "7x", "--7d", "7d!"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(errors.UsageError):
        seconds_of(text)


@pytest.mark.parametrize("text", ["everything", "User Read", "entra/User.Read.All", "graph/", "none,User.Read.All"])
def test_what_is_no_permission_is_refused(text: str) -> None:
    with pytest.raises(errors.UsageError, match="no permission"):
        switch(TenantSettings(), "app_permissions", text)
