"""Form digests: ours, for this host, young enough; anything else is stale."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clock import FakeClock
from xtenant.domain.limits import DEFAULT
from xtenant.wire.digest import DigestCache, FormDigests, StaleDigest, stamp_of, time_of

HOST = "contoso-admin.sharepoint.com"


def digests(clock: FakeClock, secret: bytes = b"of contoso") -> FormDigests:
    return FormDigests(secret=secret, clock=clock, limits=DEFAULT)


def test_a_digest_has_sharepoints_form(clock: FakeClock) -> None:
    value = digests(clock).issue(HOST)
    assert re.fullmatch(r"0x[0-9A-F]{64},23 Nov 2026 12:00:00 -0000", value)
    assert time_of(stamp_of(clock.security_now())) == clock.security_now()


def test_a_digest_is_good_for_half_an_hour_at_its_host(clock: FakeClock) -> None:
    mine = digests(clock)
    value = mine.issue(HOST)
    clock.advance(seconds=1_800)
    mine.check(value, HOST.upper())
    clock.advance(seconds=1)
    with pytest.raises(StaleDigest):
        mine.check(value, HOST)


def test_a_digest_of_another_host_or_tenant_is_refused(clock: FakeClock) -> None:
    value = digests(clock).issue(HOST)
    with pytest.raises(StaleDigest):
        digests(clock).check(value, "contoso.sharepoint.com")
    with pytest.raises(StaleDigest):
        digests(clock, b"of fabrikam").check(value, HOST)


def test_a_digest_with_a_younger_date_is_refused(clock: FakeClock) -> None:
    signature = digests(clock).issue(HOST).split(",")[0]
    with pytest.raises(StaleDigest):
        digests(clock).check(f"{signature},23 Nov 2026 12:10:00 -0000", HOST)


@given(st.one_of(st.none(), st.text()))
def test_any_text_is_a_digest_or_stale(value: str | None) -> None:
    with pytest.raises(StaleDigest):
        digests(FakeClock()).check(value, HOST)


@given(st.text())
def test_any_stamp_is_a_time_or_stale(text: str) -> None:
    with pytest.raises(StaleDigest):
        time_of(text)


def test_the_cache_renews_before_the_end(clock: FakeClock) -> None:
    cache = DigestCache(clock)
    cache.put("https://contoso.sharepoint.com/sites/A", "0xA", 1_800)
    assert cache.get("https://CONTOSO.sharepoint.com/sites/a") == "0xA"
    assert cache.get("https://contoso.sharepoint.com") is None
    clock.advance(seconds=1_740)
    assert cache.get("https://contoso.sharepoint.com/sites/A") is None
    cache.put("https://contoso.sharepoint.com", "0xB", 1_800)
    cache.forget("https://contoso.sharepoint.com")
    assert cache.get("https://contoso.sharepoint.com") is None
