"""Errors as they travel: from our classes to `ErrorInfo` by the table of `wire/faults.py`, and back to our classes.

Types and numbers are those of spo-admin.md 3.1; which trust error carries which is inferred (settled A 17). Our service
adds our own code and remedy as `ErrorDetails`, by which the client finds the class; from Microsoft's it goes by type and text.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from xtenant.domain import errors, trust
from xtenant.domain.site import NoSuchSite, NothingDeleted
from xtenant.domain.tenant import NotAHostUrl
from xtenant.protocols.csom.codec.reply import ErrorInfo
from xtenant.wire.faults import ACCESS_DENIED, InvalidClientQuery, OutOfRange, fault_of

UNAUTHORIZED_TEXT = "Attempted to perform an unauthorized operation."


class ServerError(errors.Refused):
    """The tenant answered with an error we have no class for; its type, number and text are kept."""

    code = "serverError"

    def __init__(self, info: ErrorInfo) -> None:
        super().__init__(
            info.message or info.type_name, type_name=info.type_name, error_code=info.code, value=info.value
        )
        self.info = info


_PLAIN = (InvalidClientQuery, OutOfRange, errors.AccessDenied, NoSuchSite, NothingDeleted)
"""Classes whose wire form says all there is to say, as recorded; the others carry our details."""


def error_info_of(error: errors.XTenantError) -> ErrorInfo:
    """The wire form of an error. A fault of ours shows its general text only."""
    fault = fault_of(error)
    details = None if isinstance(error, _PLAIN) else {"Code": error.code, "Remedy": error.remedy}
    message = UNAUTHORIZED_TEXT if isinstance(error, errors.AccessDenied) else error.text
    return ErrorInfo(code=fault.code, type_name=fault.type_name, message=message, details=details)


_BY_CODE: dict[str, type[errors.XTenantError]] = {
    kind.code: kind
    for kind in (
        trust.UnknownPartner,
        trust.FeatureOff,
        trust.OwnHostUrl,
        errors.PartnerUnreachable,
        errors.NotFound,
        errors.Conflict,
        errors.Throttled,
        errors.UsageError,
    )
}

_BY_TEXT: tuple[tuple[str, type[errors.XTenantError]], ...] = (
    ("feature is not enabled for this tenant", trust.FeatureOff),
    ("own host url", trust.OwnHostUrl),
    ("could not be reached", errors.PartnerUnreachable),
    ("could not be asked", errors.PartnerUnreachable),
)


def error_of(info: ErrorInfo, *, subject: str = "") -> errors.XTenantError:
    """The error behind an `ErrorInfo`; `subject` is the URL the call was about. Unknown ones become ServerError."""
    details = info.details or {}
    if details.get("Code") == NotAHostUrl.code or info.message.startswith("Cross-tenant moves are blocked because"):
        return NotAHostUrl(urlsplit(subject).hostname or subject)
    if info.code == ACCESS_DENIED or info.type_name == "System.UnauthorizedAccessException":
        return errors.AccessDenied(info.message)
    if info.type_name.endswith(("SpoNoSiteException", "FileNotFoundException", "ResourceNotFoundException")):
        return errors.NotFound(info.message)
    kind = _BY_CODE.get(details.get("Code", ""))
    if kind is None:
        kind = next((found for text, found in _BY_TEXT if text in info.message.lower()), None)
    if kind is None:
        return ServerError(info)
    return kind(info.message, remedy=details.get("Remedy"))
