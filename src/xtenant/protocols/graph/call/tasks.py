"""Asking a source to check a move and move nothing: a migration task with `validateOnly` (graph-migrations.md 2.4, 2.6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from xtenant.domain import errors
from xtenant.domain.move import JobKind
from xtenant.domain.tenant import GRAPH_HOST, HostUrl
from xtenant.protocols.graph.call.answers import ask
from xtenant.protocols.graph.codec.tasks import TYPES
from xtenant.wire.transport import Session

TASKS = f"https://{GRAPH_HOST}/beta/solutions/sharePoint/migrations/crossOrganizationMigrationTasks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the source says of a move: fit, or the code and text of what speaks against it."""

    fit: bool
    code: str = ""
    text: str = ""
    remedy: str = ""


async def validate(session: Session, kind: JobKind, source: str, target: str, partner: HostUrl) -> Verdict:
    """Ask for one move, by UPNs, site addresses or aliases. Nothing is queued.

    Raises AccessDenied, NotSignedIn, Throttled or NetworkError where the question itself could not be put.
    """
    task = {"parameters": parameters(kind, source, target, partner)}
    try:
        answer = await ask(session, "POST", TASKS, json=task, idempotent=True)
    except (errors.AccessDenied, errors.NotSignedIn, errors.Throttled, errors.NetworkError):
        raise
    except errors.XTenantError as error:
        return Verdict(fit=False, code=error.microsoft_code or error.code, text=error.text, remedy=error.remedy)
    told = cast("Mapping[str, object]", answer.get("error") or {})
    if answer.get("status") == "completed" and not answer.get("id"):
        return Verdict(fit=True)
    return Verdict(fit=False, code=str(told.get("code", "")), text=str(told.get("message") or "The task did not end."))


def parameters(kind: JobKind, source: str, target: str, partner: HostUrl) -> dict[str, object]:
    """The parameters of a task that validates only."""
    shared: dict[str, object] = {
        "@odata.type": TYPES[kind],
        "targetOrganizationHost": str(partner).rstrip("/"),
        "validateOnly": True,
    }
    if kind is JobKind.SITE:
        return shared | {"sourceSiteUrl": source, "targetSiteUrl": target}
    if kind is JobKind.GROUP:
        return shared | {
            "sourceGroupIdentity": {"mailNickname": source},
            "targetGroupIdentity": {"mailNickname": target},
        }
    return shared | {
        "sourceUserIdentity": {"userPrincipalName": source},
        "targetUserIdentity": {"userPrincipalName": target},
    }
