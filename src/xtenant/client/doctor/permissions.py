"""What the tokens say their holder may do, against what the purpose needs: permissions of an app, roles of a person.

Nothing is sent: the claims of the profile's own tokens are read (content-api.md 3.5). What they do not say is left to the calls
of `tenant.py`, or not checked.
"""

from __future__ import annotations

from xtenant.client.doctor.findings import Asked, Diagnosis, Purpose
from xtenant.client.doctor.signing_in import SignedIn
from xtenant.client.profiles import Profile
from xtenant.domain.caller import GLOBAL_ADMINISTRATOR, SHAREPOINT_ADMINISTRATOR
from xtenant.domain.consents import CONSENTS, Api, Consent, Level, consents_of, includes
from xtenant.protocols.oauth.call import TokenClaims

GUEST = 1
_GRANT = "Entra admin center › App registrations › the app › API permissions › Add a permission › {api} › Application permissions › {name}; then Grant admin consent."
_ASSIGN = "Microsoft 365 admin center › Users › Active users › the person › Manage roles › SharePoint Administrator (or activate it in Privileged Identity Management)."


def check_permissions(signed_in: SignedIn, profile: Profile, asked: Asked, said: Diagnosis) -> None:
    """Every permission or role that is missing, each by its name."""
    claims = signed_in.graph or signed_in.admin
    if claims is None:
        said.unknown("permissions", "Nobody is signed in.")
        return
    if claims.is_person:
        _check_person(signed_in, said)
        return
    for api, token in ((Api.GRAPH, signed_in.graph), (Api.SHAREPOINT, signed_in.admin)):
        if token is None:
            said.unknown("permissions", f"The app's permissions at {api.display_name}: there is no token for it.")
        else:
            _check_app(token, api, profile, asked, said)


def _check_app(token: TokenClaims, api: Api, profile: Profile, asked: Asked, said: Diagnosis) -> None:
    needed = [each for each in consents_of(asked.purpose.level) if each.api is api]
    missing = [each for each in needed if not includes(token.roles, each.name)]
    for each in missing:
        _tell_missing(each, asked, said)
    if not missing:
        said.fine(f"permissions of {api.display_name}")
    _check_wider(token, api, asked, said)


def _tell_missing(each: Consent, asked: Asked, said: Diagnosis) -> None:
    if each.target_only and asked.is_source:
        return
    needed_here = not each.target_only or asked.is_target
    tell = said.error if needed_here else said.warning
    tell(
        "consent",
        f"{each.name} of {each.api.display_name} is not consented to.",
        f"It is for {each.why}{'' if needed_here else '; only the target of moves needs it'}.",
        click=_GRANT.format(api=each.api.display_name, name=each.name),
        run=[f"xtenant setup app --level {asked.purpose.level.value}"],
        rule="R-1.10" if each.level is Level.MOVE else "",
    )


def _check_wider(token: TokenClaims, api: Api, asked: Asked, said: Diagnosis) -> None:
    """What is held beyond the purpose; Graph's rights to write are not needed for looking."""
    if asked.purpose is Purpose.MOVE:
        return
    needed = {each.name for each in consents_of(asked.purpose.level) if each.api is api}
    known = {each.name for each in CONSENTS if each.writes}
    wider = sorted(name for name in token.roles if (name in known or ".ReadWrite" in name) and name not in needed)
    if wider:
        said.note(
            "leastPrivilege",
            f"The app may do more at {api.display_name} than this needs: {', '.join(wider)}.",
            f"For {asked.purpose.value} nothing is written; an app of its own for looking is safer.",
            click="Entra admin center › App registrations › the app › API permissions › … › Remove permission.",
            run=[f"xtenant setup app --level {asked.purpose.level.value}"],
            rule="R-1.3",
        )


def _check_person(signed_in: SignedIn, said: Diagnosis) -> None:
    graph, admin = signed_in.graph, signed_in.admin
    if graph is not None:
        _check_scopes(graph, said)
    said.unknown(
        "content",
        "By device code items are seen only where this person may see them; an app with a certificate sees all.",
    )
    found = [token for token in (admin, graph) if token is not None]
    told = [token.wids for token in found if token.wids is not None]
    roles = {role for wids in told for role in wids}
    if any(token.acct == GUEST for token in found):
        said.error(
            "guest",
            "The person signed in is a guest of this tenant.",
            "Guests administer nothing; the sign-in went to the wrong account.",
            click="Sign in with an account of this tenant.",
            rule="R-1.3",
        )
    if not told:
        said.unknown("role", "The tokens do not say which roles the person has; the calls below show it.")
    elif str(SHAREPOINT_ADMINISTRATOR) not in roles and str(GLOBAL_ADMINISTRATOR) not in roles:
        tell_missing_role((admin or graph or TokenClaims()).upn, said)
    else:
        said.fine("role")
        if str(SHAREPOINT_ADMINISTRATOR) not in roles:
            said.note(
                "leastPrivilege",
                "The person signed in is a Global administrator.",
                "SharePoint Administrator is enough; Microsoft keeps Global administrator for emergencies.",
                click=_ASSIGN,
                rule="R-1.3",
            )


def tell_missing_role(upn: str, said: Diagnosis) -> None:
    """For the tokens that show it, and for the admin host where they are silent."""
    said.error(
        "missingRole",
        f"{upn or 'The person signed in'} is not a SharePoint administrator of this tenant.",
        "Trust, sites and moves are shown to SharePoint administrators only.",
        click=_ASSIGN,
        rule="R-1.3",
    )


def _check_scopes(graph: TokenClaims, said: Diagnosis) -> None:
    held = graph.scp.split()
    missing = [each for each in consents_of(Level.DIRECTORY) if not includes(held, each.name)]
    for each in missing:
        said.error(
            "consent",
            f"{each.name} of Microsoft Graph is not consented to for people who sign in to the app.",
            f"It is for {each.why}.",
            click=_GRANT.format(api=each.api.display_name, name=each.name).replace("Application", "Delegated"),
            run=["xtenant setup app --level directory --device-code"],
        )
    if not missing:
        said.fine("permissions of Microsoft Graph")
