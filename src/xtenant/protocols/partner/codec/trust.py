"""The partner channel's answers as bytes. Names follow `spo-admin.md` 5.2; what stands in them is our choice (settled A 14)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, TypeVar
from uuid import UUID

import msgspec

from xtenant.domain import errors, trust
from xtenant.domain.ports.partner import TrustQuestion
from xtenant.domain.tenant import TenantId
from xtenant.domain.trust import PartnerAnswer, PartnerRole, Scenario

NOTIFICATION_PATH = "/_api/OrgRelationNotification(encodedNotificationQuery='{encodedNotificationQuery}')"
VERIFICATION_PATH = "/_api/OrgRelationVerification(encodedVerificationQuery='{encodedVerificationQuery}')"
SCHEMA_PATH = "/_api/OrgRelationSchema(encodedQuery='{encodedQuery}')"
KEYS_PATH = "/_api/xtenant/partner-keys"

_HOLE = re.compile(r"\{\w+\}")

Seconds = Annotated[int, msgspec.Meta(ge=0, le=10_000_000_000)]


class NotificationAnswer(msgspec.Struct):
    NotificationSucceeded: bool


class VerificationAnswer(msgspec.Struct):
    PartnerSiteSubscriptionId: UUID
    Result: str


class VerificationResult(msgspec.Struct):
    """The JSON text inside `Result`: ages instead of dates, so that differing clocks do no harm."""

    Requested: bool
    AgeSeconds: Seconds = 0
    WaitingSeconds: Seconds = 0


class SchemaAnswer(msgspec.Struct):
    SchemaVersion: Annotated[str, msgspec.Meta(max_length=32)] | None


def path_with(path: str, token: str) -> str:
    """A path template with its token in place; a token's characters need no encoding."""
    return _HOLE.sub(lambda _: token, path)


def encode_notification() -> bytes:
    return msgspec.json.encode(NotificationAnswer(NotificationSucceeded=True))


def decode_notification(body: bytes) -> bool:
    """Whether the partner took the notice. Raises UnknownPartner."""
    return _decode(body, NotificationAnswer).NotificationSucceeded


def encode_verification(tenant_id: TenantId, answer: PartnerAnswer) -> bytes:
    """Whole seconds, rounded down: an age never runs ahead."""
    result = VerificationResult(
        Requested=answer.requested,
        AgeSeconds=int(answer.age.total_seconds()),
        WaitingSeconds=int(answer.waiting.total_seconds()),
    )
    text = msgspec.json.encode(result).decode()
    return msgspec.json.encode(VerificationAnswer(PartnerSiteSubscriptionId=tenant_id, Result=text))


def decode_verification(body: bytes) -> PartnerAnswer:
    """What the partner says of its own row. Raises UnknownPartner."""
    result = _decode(_decode(body, VerificationAnswer).Result.encode(), VerificationResult)
    return PartnerAnswer(
        requested=result.Requested,
        age=timedelta(seconds=result.AgeSeconds),
        waiting=timedelta(seconds=result.WaitingSeconds),
    )


def encode_schema(version: str | None) -> bytes:
    return msgspec.json.encode(SchemaAnswer(SchemaVersion=version))


def decode_schema(body: bytes) -> str | None:
    """The partner's schema version, None without trust. Raises UnknownPartner."""
    return _decode(body, SchemaAnswer).SchemaVersion


def question_of(scenario: str | None, role: str | None) -> TrustQuestion:
    """The question a token carries. Raises UsageError for a scenario or role that cannot be meant (settled A 11)."""
    try:
        question = TrustQuestion(scenario=Scenario(scenario), partner_role=PartnerRole(role))
    except ValueError as error:
        raise _unmeant() from error
    if question.scenario is Scenario.NONE or question.partner_role is PartnerRole.NONE:
        raise _unmeant()
    return question


def _unmeant() -> errors.UsageError:
    return errors.UsageError("A partner's notice or question names scenario MnA and role Source or Target.")


def encode_error(code: str, text: str) -> bytes:
    return msgspec.json.encode({"error": {"code": code, "message": text}})


_Shape = TypeVar("_Shape", NotificationAnswer, VerificationAnswer, VerificationResult, SchemaAnswer)


def _decode(body: bytes, shape: type[_Shape]) -> _Shape:
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.MsgspecError, ValueError) as error:
        raise trust.UnknownPartner("The host answered, but not as a tenant's service does.") from error
