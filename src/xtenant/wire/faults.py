"""The numbers and .NET types under which SharePoint reports errors, for CSOM and REST alike (spo-admin.md 3.1)."""

from __future__ import annotations

from dataclasses import dataclass

from xtenant.domain import errors
from xtenant.domain.site import NoSuchSite, NothingDeleted
from xtenant.wire.digest import StaleDigest

ACCESS_DENIED = -2147024891
FILE_NOT_FOUND = -2147024894
ARGUMENT = -2147024809
OUT_OF_RANGE = -2146233086
SECURITY_VALIDATION = -2130575251
GENERIC = -1


@dataclass(frozen=True, slots=True)
class Fault:
    code: int
    type_name: str

    @property
    def text(self) -> str:
        """As REST writes it."""
        return f"{self.code}, {self.type_name}"


class OutOfRange(errors.UsageError):
    """A number or name outside an enum."""

    code = "argumentOutOfRange"


class InvalidClientQuery(errors.UsageError):
    """The query is no query, or asks for something that does not exist."""

    code = "invalidClientQuery"


_FAULTS: tuple[tuple[type[errors.XTenantError], Fault], ...] = (
    (InvalidClientQuery, Fault(GENERIC, "Microsoft.SharePoint.Client.InvalidClientQueryException")),
    (OutOfRange, Fault(OUT_OF_RANGE, "System.ArgumentOutOfRangeException")),
    (errors.UsageError, Fault(ARGUMENT, "System.ArgumentException")),
    (NoSuchSite, Fault(GENERIC, "Microsoft.Online.SharePoint.Common.SpoNoSiteException")),
    (NothingDeleted, Fault(GENERIC, "Microsoft.SharePoint.Client.UnknownError")),
    (errors.NotFound, Fault(FILE_NOT_FOUND, "System.IO.FileNotFoundException")),
    (StaleDigest, Fault(SECURITY_VALIDATION, "Microsoft.SharePoint.SPException")),
    (errors.NotSignedIn, Fault(ACCESS_DENIED, "System.UnauthorizedAccessException")),
    (errors.AccessDenied, Fault(ACCESS_DENIED, "System.UnauthorizedAccessException")),
    (errors.XTenantError, Fault(GENERIC, "Microsoft.Online.SharePoint.Common.SpoException")),
)


def fault_of(error: errors.XTenantError) -> Fault:
    """The fault an error is reported as; the verified ones are the general types, the trust errors' are inferred."""
    return next(fault for kind, fault in _FAULTS if isinstance(error, kind))
