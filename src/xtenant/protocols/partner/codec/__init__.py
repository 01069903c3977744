"""What travels between two tenants' services: `trust` for steps 2 and 3, `moves` for the engine."""

from __future__ import annotations

from xtenant.protocols.partner.codec.trust import (
    KEYS_PATH,
    NOTIFICATION_PATH,
    SCHEMA_PATH,
    VERIFICATION_PATH,
    NotificationAnswer,
    SchemaAnswer,
    VerificationAnswer,
    VerificationResult,
    decode_notification,
    decode_schema,
    decode_verification,
    encode_error,
    encode_notification,
    encode_schema,
    encode_verification,
    path_with,
    question_of,
)

__all__ = [
    "KEYS_PATH",
    "NOTIFICATION_PATH",
    "SCHEMA_PATH",
    "VERIFICATION_PATH",
    "NotificationAnswer",
    "SchemaAnswer",
    "VerificationAnswer",
    "VerificationResult",
    "decode_notification",
    "decode_schema",
    "decode_verification",
    "encode_error",
    "encode_notification",
    "encode_schema",
    "encode_verification",
    "path_with",
    "question_of",
]
