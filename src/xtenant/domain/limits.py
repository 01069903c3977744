"""Every bound the services and tools keep, in one value. `service.py` and `cli` hand it in; nothing reads a global."""

from __future__ import annotations

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Sizes in bytes, times in real seconds, counts as they stand."""

    json_body: int = 4 * MIB
    xml_body: int = 64 * MIB
    xml_depth: int = 64
    xml_elements: int = 300_000
    form_body: int = 64 * KIB
    small_upload: int = 250 * MIB
    upload_fragment: int = 60 * MIB
    query_actions: int = 1_000
    query_text: int = 8_000
    query_parts: int = 100
    query_choices: int = 15
    page_size: int = 200
    page_size_max: int = 1_000
    batch_requests: int = 20
    partner_seconds: float = 10.0
    partner_body: int = 1 * MIB
    partner_token_seconds: int = 120
    partner_leeway_seconds: int = 600
    partner_keys: int = 1_000
    partner_replay_rows: int = 500_000
    request_tries: int = 5
    request_total_seconds: float = 300.0
    access_token_seconds: int = 3_599
    refresh_token_seconds: int = 90 * 86_400
    device_code_seconds: int = 900
    digest_seconds: int = 1_800
    download_url_seconds: int = 3_600
    map_rows: int = 250_000
    map_call_seconds: float = 900.0
    write_rows: int = 10_000
    scopes: int = 50_000
    site_groups: int = 10_000
    queue: int = 4_000
    worker_threads: int = 16
    pull_lanes: int = 2


DEFAULT = Limits()
