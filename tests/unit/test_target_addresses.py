"""Where a move lands, as the client works it out and as the service names a OneDrive: the same for every UPN."""

from __future__ import annotations

import pytest

from xtenant.client.moves import StartWish, Unit, target_url
from xtenant.domain import paths
from xtenant.domain.tenant import HostUrl

PARTNER = HostUrl("https://fabrikam-my.sharepoint.com/")


@pytest.mark.parametrize("upn", ["Ann.Bee@fabrikam.com", "o'neil@fabrikam.com", "a+b_c-d@sub.fabrikam.com"])
def test_a_onedrive_lands_where_the_target_makes_it(upn: str) -> None:
    wish = StartWish(unit=Unit.USER, source="ann@contoso.com", target=upn, partner=PARTNER)
    assert target_url(wish) == f"https://fabrikam-my.sharepoint.com/personal/{paths.personal_path(upn)}"


def test_a_groups_site_lands_below_sites_by_its_alias() -> None:
    wish = StartWish(unit=Unit.GROUP, source="plans", target="their-plans", partner=PARTNER)
    assert target_url(wish) == "https://fabrikam.sharepoint.com/sites/their-plans"
