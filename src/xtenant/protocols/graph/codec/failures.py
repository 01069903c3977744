"""Graph's error envelope (content-api.md 1.16, graph-migrations.md 1.1): our error classes by code to its words."""

from __future__ import annotations

from dataclasses import dataclass

from xtenant.domain import errors, obstacles

JSON_TYPE = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How one of our error codes is said: a status of its own where Graph's differs, code, inner and detail code."""

    code: str
    status: int | None = None
    inner: str | None = None
    detail: str | None = None


WORDS: dict[str, Words] = {
    "usage": Words(code="invalidRequest"),
    "malformedId": Words(code="invalidRequest"),
    "invalidOption": Words(code="BadRequest"),
    "invalidQuery": Words(code="BadRequest"),
    "unsupportedQuery": Words(code="Request_UnsupportedQuery"),
    "badToken": Words(code="Directory_ExpiredPageToken"),
    "invalidDate": Words(code="invalidRequest"),
    "invalidAddress": Words(code="invalidRequest", inner="invalidPath"),
    "invalidPath": Words(code="invalidRequest", inner="invalidPath"),
    "pathIsTooLong": Words(code="invalidRequest", inner="pathIsTooLong"),
    "notSignedIn": Words(code="InvalidAuthenticationToken"),
    "accessDenied": Words(code="accessDenied"),
    "directoryAccessDenied": Words(code="Authorization_RequestDenied"),
    "itemNotFound": Words(code="itemNotFound"),
    "userNotFound": Words(code="Request_ResourceNotFound"),
    "groupNotFound": Words(code="Request_ResourceNotFound"),
    "deletedNotFound": Words(code="Request_ResourceNotFound"),
    "memberNotFound": Words(code="Request_ResourceNotFound"),
    "tenantNotFound": Words(code="Request_ResourceNotFound"),
    "domainNotFound": Words(code="Request_ResourceNotFound"),
    "skuNotFound": Words(code="Request_ResourceNotFound"),
    "licenceRefused": Words(code="Request_BadRequest"),
    "weakPassword": Words(code="Request_BadRequest", detail="InvalidPassword"),
    "syncedAccount": Words(code="Request_BadRequest"),
    "settingsRefused": Words(code="invalidRequest"),
    "groupRefused": Words(code="Request_BadRequest"),
    "memberRefused": Words(code="Request_BadRequest"),
    "tooManyMembers": Words(code="Request_BadRequest"),
    "memberKnown": Words(code="Request_BadRequest"),
    "illegalName": Words(code="Request_BadRequest", detail="InvalidValue"),
    "nameTaken": Words(code="Request_BadRequest", status=400, detail="ObjectConflict"),
    "conflict": Words(code="conflict"),
    "nameAlreadyExists": Words(code="nameAlreadyExists"),
    "resourceModified": Words(code="resourceModified", inner="entityTagDoesNotMatch"),
    "uploadSessionNotFound": Words(code="itemNotFound", inner="uploadSessionNotFound"),
    "fragmentOverlap": Words(code="invalidRange", inner="fragmentOverlap"),
    "fragmentOutOfOrder": Words(code="invalidRange", inner="fragmentOutOfOrder"),
    "fragmentLengthMismatch": Words(code="invalidRange", inner="fragmentLengthMismatch"),
    "invalidRange": Words(code="invalidRange"),
    "resyncRequired": Words(code="resyncRequired", inner="resyncChangesApplyDifferences"),
    "resourceLocked": Words(code="resourceLocked"),
    "siteMoved": Words(code="resourceMoved"),
    "tooLarge": Words(code="maxStreamSizeExceeded"),
    "tooManyRequests": Words(code="activityLimitReached", inner="throttledRequest"),
    "notSupported": Words(code="notSupported", status=501),
    "generalException": Words(code="generalException"),
    "moveBlocked": Words(code="generalException", status=422),
    "alreadyMoving": Words(code="generalException", status=409),
    "noTrust": Words(code="generalException", status=422),
    "wrongDirection": Words(code="generalException", status=422),
    "sameFarm": Words(code="generalException", status=501),
    "notCancellable": Words(code="conflict", status=409),
    "serviceNotAvailable": Words(code="serviceNotAvailable", inner="throttledRequest"),
    "partnerUnreachable": Words(code="serviceNotAvailable"),
}


def words_of(error: errors.XTenantError) -> Words:
    """The words of the error's class, else of the nearest class above that has some."""
    for kind in type(error).__mro__:
        code = getattr(kind, "code", None)
        if isinstance(code, str) and code in WORDS:
            return WORDS[code]
    return Words(code="generalException")


def envelope(error: errors.XTenantError, *, request_id: str, client_request_id: str) -> dict[str, object]:
    """The body of an error answer. The optional `date` is left out: the `Date` header says it."""
    words = words_of(error)
    inner: dict[str, object] = {
        "request-id": request_id,
        "client-request-id": client_request_id,
    }
    if words.inner:
        inner["code"] = words.inner
    code = (error.microsoft_code or words.code) if words.code == "generalException" else words.code
    body: dict[str, object] = {"code": code, "message": str(error), "innerError": inner}
    target = error.facts.get("target")
    if isinstance(target, str):
        body["target"] = target
    if isinstance(error, obstacles.StartRefused):
        body["details"] = [
            {"code": getattr(one, "microsoft_code", None) or one.code, "message": one.text} for one in error.obstacles
        ]
    if words.detail:
        body["details"] = [{"code": words.detail, "message": str(error), "target": target}]
    return {"error": body}
