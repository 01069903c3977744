"""Errors as they travel: one table from our classes to `ErrorInfo`, and from `ErrorInfo` back to our classes.

Types and numbers are those of spo-admin.md 3.1; which trust error carries which is inferred (settled A 17). Our service
adds our own code and remedy as `ErrorDetails`, by which the client finds the class; from Microsoft's it goes by type and text.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from xtenant.domain import errors, trust
from xtenant.domain.tenant import NotAHostUrl
from xtenant.protocols.csom.codec.enums import BadEnum
from xtenant.protocols.csom.codec.reply import ErrorInfo
from xtenant.protocols.csom.codec.values import InvalidClientQuery

GENERIC = -1
ACCESS_DENIED = -2147024891
FILE_NOT_FOUND = -2147024894
ARGUMENT = -2147024809
OUT_OF_RANGE = -2146233086

UNAUTHORIZED_TEXT = "Attempted to perform an unauthorized operation."


class NoSuchSite(errors.NotFound):
    """`GetSitePropertiesByUrl` of a site that is not there (`SpoNoSiteException`, verified)."""

    def __init__(self, url: str) -> None:
        super().__init__(f"Cannot get site {url}.", remedy="Check the URL; deleted sites are in the recycle bin.")


class NothingDeleted(errors.NotFound):
    """A deleted site was named that is not in the recycle bin (`UnknownError`, verified)."""

    def __init__(self, url: str) -> None:
        super().__init__("Unknown Error", remedy=f"There is no deleted site at {url}.")


class ServerError(errors.Refused):
    """The tenant answered with an error we have no class for; its type, number and text are kept."""

    code = "serverError"

    def __init__(self, info: ErrorInfo) -> None:
        super().__init__(
            info.message or info.type_name, type_name=info.type_name, error_code=info.code, value=info.value
        )
        self.info = info


_TYPES: tuple[tuple[type[errors.XTenantError], int, str], ...] = (
    (InvalidClientQuery, GENERIC, "Microsoft.SharePoint.Client.InvalidClientQueryException"),
    (BadEnum, OUT_OF_RANGE, "System.ArgumentOutOfRangeException"),
    (errors.UsageError, ARGUMENT, "System.ArgumentException"),
    (NoSuchSite, GENERIC, "Microsoft.Online.SharePoint.Common.SpoNoSiteException"),
    (NothingDeleted, GENERIC, "Microsoft.SharePoint.Client.UnknownError"),
    (errors.NotFound, FILE_NOT_FOUND, "System.IO.FileNotFoundException"),
    (errors.AccessDenied, ACCESS_DENIED, "System.UnauthorizedAccessException"),
    (errors.XTenantError, GENERIC, "Microsoft.Online.SharePoint.Common.SpoException"),
)

_PLAIN = (InvalidClientQuery, BadEnum, errors.AccessDenied, NoSuchSite, NothingDeleted)
"""Classes whose wire form says all there is to say, as recorded; the others carry our details."""


def error_info_of(error: errors.XTenantError) -> ErrorInfo:
    """The wire form of an error. A fault of ours shows its general text only."""
    code, type_name = next((code, name) for kind, code, name in _TYPES if isinstance(error, kind))
    details = None if isinstance(error, _PLAIN) else {"Code": error.code, "Remedy": error.remedy}
    message = UNAUTHORIZED_TEXT if isinstance(error, errors.AccessDenied) else error.text
    return ErrorInfo(code=code, type_name=type_name, message=message, details=details)


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
