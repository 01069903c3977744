"""The one tree of errors.

XTenantError
├── UsageError                what was typed or sent cannot be meant            exit 5
├── NotSignedIn               no token, or one that does not count here         exit 7
├── Refused                   the tenant says no                                exit 4
│   ├── AccessDenied          the caller lacks the role
│   ├── NotFound              the thing does not exist, or not for this caller
│   ├── Conflict              the thing is there already, or changed meanwhile
│   ├── Locked                the thing may not be changed now
│   ├── PreconditionFailed    the thing is no longer as the caller saw it
│   └── Expired               what a token stood for is no longer kept
├── PartnerUnreachable        the other tenant could not be asked               exit 6
├── NetworkError              the own tenant could not be reached               exit 6
│   └── UnknownHost           the proxy knows no way to a host
├── Throttled                 come again later                                  exit 6
├── StorageFull               no room for content
└── Unexpected                a fault of ours

A class carries code, remedy, retry rule and exit code; an instance carries the text and typed facts. Nothing here knows
HTTP: the edge in `wire/` maps classes to statuses. Where Microsoft has a code (E-nn of the rulebook) it is `microsoft_code`.
"""

from __future__ import annotations

from enum import Enum
from typing import ClassVar


class Retry(Enum):
    """Whether the same call may be sent again unchanged (R-10.3)."""

    NEVER = "never"
    LATER = "later"
    AFTER_SOMEONE_ACTS = "after someone acts"


class ExitCode(int, Enum):
    """Exit codes of the command line (settled A 22)."""

    DONE = 0
    FINDINGS = 1
    NOT_ALL_CHECKED = 2
    PENDING = 3
    REFUSED = 4
    USAGE = 5
    PARTNER_OR_NETWORK = 6
    SIGN_IN_OR_LAB = 7
    INTERRUPTED = 130


class XTenantError(Exception):
    """Root of every error this project raises on purpose."""

    code: ClassVar[str] = "error"
    remedy: str = "Look at the log of the service with the request id."
    retry: ClassVar[Retry] = Retry.NEVER
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED
    microsoft_code: str | None = None

    def __init__(
        self,
        text: str,
        *,
        remedy: str | None = None,
        microsoft_code: str | None = None,
        **facts: object,
    ) -> None:
        super().__init__(text)
        self.text = text
        self.facts = facts
        if remedy is not None:
            self.remedy = remedy
        if microsoft_code is not None:
            self.microsoft_code = microsoft_code

    def __str__(self) -> str:
        return self.text


class UsageError(XTenantError):
    """What was typed or sent cannot be meant; nothing was done."""

    code = "usage"
    remedy = "Correct the named value and try again."
    exit_code = ExitCode.USAGE


class NotSignedIn(XTenantError):
    """There is no token, or it is not good for this host, tenant or time."""

    code = "notSignedIn"
    remedy = "Sign in again with `xtenant connect`."
    exit_code = ExitCode.SIGN_IN_OR_LAB


class Refused(XTenantError):
    """The tenant understood the call and says no."""

    code = "refused"
    remedy = "Read the reason; nothing was changed."


class AccessDenied(Refused):
    """The caller is known and lacks the role or the permission."""

    code = "accessDenied"
    remedy = "Use an account with the SharePoint administrator role, or an app with the permissions of R-1.10."


class NotFound(Refused):
    """The thing does not exist, or not for this caller."""

    code = "itemNotFound"
    remedy = "Check the name or id."


class Conflict(Refused):
    """The thing is there already, or changed meanwhile."""

    code = "conflict"
    remedy = "Read the present state before trying again."


class Locked(Refused):
    """The thing stands, but may not be changed now: a lock of the administrator, or a move that has frozen it."""

    code = "resourceLocked"
    remedy = "Wait until the lock is released, or ask the SharePoint administrator who set it."
    retry = Retry.AFTER_SOMEONE_ACTS


class PreconditionFailed(Refused):
    """The thing is no longer as the caller saw it (If-Match)."""

    code = "resourceModified"
    remedy = "Read the present state and send the change again."


class Expired(Refused):
    """What a token or link stood for is no longer kept; start afresh."""

    code = "resyncRequired"
    remedy = "Start again without the token."


class StorageFull(XTenantError):
    """There is no room for the content; what was there before is untouched."""

    code = "quotaLimitReached"
    remedy = "Make room on the disk of the content store, then send it again."
    retry = Retry.AFTER_SOMEONE_ACTS


class WrongRange(UsageError):
    """A range of bytes does not fit what is there."""

    code = "invalidRange"
    remedy = "Ask for the status of the upload and go on at the range it names."


class TooLarge(UsageError):
    """A body, a depth or a count went over its limit."""

    code = "tooLarge"
    remedy = "Send less at once."


class PrivateAddress(UsageError):
    """A host's name leads to an address that is not public; nothing was connected (design section 5)."""

    code = "privateAddress"
    remedy = "Check the host name; a tenant is never found at a private, loopback or link-local address."


class PartnerUnreachable(XTenantError):
    """The other tenant could not be asked; nothing was recorded here."""

    code = "partnerUnreachable"
    remedy = "Check the host URL and that the partner's tenant answers, then try again."
    retry = Retry.LATER
    exit_code = ExitCode.PARTNER_OR_NETWORK


class NetworkError(XTenantError):
    """A request of ours did not get through: no connection, no TLS, no answer in time, or one beyond its limits."""

    code = "network"
    remedy = "Check the connection, the proxy and that the tenant's service runs, then try again."
    retry = Retry.LATER
    exit_code = ExitCode.PARTNER_OR_NETWORK


class UnknownHost(NetworkError):
    """The proxy knows no way to a host: in a lab, no tenant of the lab has that name (settled A 4)."""

    code = "unknownHost"
    remedy = "In a lab only the lab's own tenants exist; `xtenant lab status` lists them."
    retry = Retry.NEVER


class Throttled(XTenantError):
    """Too many calls; `facts['retry_after_seconds']` says when to come again."""

    code = "tooManyRequests"
    remedy = "Wait for the time named, then go on."
    retry = Retry.LATER
    exit_code = ExitCode.PARTNER_OR_NETWORK


class Unexpected(XTenantError):
    """A fault of ours: the request id finds it in the log."""

    code = "generalException"
    retry = Retry.LATER


class LabMissing(XTenantError):
    """A lab profile was used outside its lab; no socket was opened (settled A 5)."""

    code = "labMissing"
    remedy = "Start the lab with `xtenant lab up`, or run the command through `xtenant lab exec -- …`."
    exit_code = ExitCode.SIGN_IN_OR_LAB
