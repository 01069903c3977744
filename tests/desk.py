"""The command line over tenants of one process: real profiles, real sign-in by certificate, no socket."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from clock import CountingIds
from neighbours import APP_ID, Neighbours
from xtenant.cli.main import main
from xtenant.cli.tools import Tools
from xtenant.client.opening import TenantOpener
from xtenant.client.profiles import Credential, CredentialKind, LabTie, Profile, ProfileKind, ProfileStore
from xtenant.lab.certificates import create_app_certificate
from xtenant.settings import ToolSettings
from xtenant.wire.transport import Connection, open_http, open_http_sync
from xtenant.wire.watching import Watch


def app_certificate(folder: Path) -> tuple[Path, Path]:
    """Files of an app's certificate: with its key for clients, without for the service. MSAL lives in real time."""
    pair = create_app_certificate("xtenant tests", now=datetime.now(UTC))
    private, public = folder / "app.pem", folder / "app.crt"
    private.write_bytes(pair.key_pem + pair.certificate_pem)
    public.write_bytes(pair.certificate_pem)
    return private, public


class InProcess:
    """A network whose every host is a neighbour."""

    def __init__(self, block: Neighbours) -> None:
        self._block = block

    def asynchronous(
        self, profile: Profile, *, read_only: bool = False, watch: Watch | None = None
    ) -> httpx.AsyncClient:
        return open_http(Connection(read_only=read_only, watch=watch), transport=self._block.transport)

    def synchronous(self, profile: Profile, *, read_only: bool = False, watch: Watch | None = None) -> httpx.Client:
        return open_http_sync(Connection(read_only=read_only, watch=watch), transport=self._block.sync_transport)


@dataclass
class Answer:
    """What one command said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Desk:
    """One administrator's profile home. `questions` holds what was asked; `answer` is given to each, `named` where a tenant's
    name is asked for.
    """

    block: Neighbours
    home: Path
    certificate: Path
    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch
    answer: bool | None = None
    named: str | None = None
    questions: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        self.store = ProfileStore(self.home)

    def add(self, name: str, *, drill: bool = False, **more: Any) -> Profile:
        """A profile of a neighbour, by certificate; with `drill` of kind microsoft365, guarded as a real tenant's."""
        tenant = self.block[name].tenant
        profile = Profile(
            name=name,
            kind=ProfileKind.MICROSOFT365 if drill else ProfileKind.LAB,
            admin_url=tenant.default_geo.admin_url,
            tenant_id=str(tenant.tenant_id),
            client_id=str(APP_ID),
            credential=Credential(kind=CredentialKind.CERTIFICATE, file=str(self.certificate)),
            lab=LabTie(lab_id="in-process", home=str(self.home)),
            geos={geo.code: geo.admin_url for geo in tenant.geos},
            **more,
        )
        self.store.save(profile)
        return profile

    def run(self, *arguments: str, stdin: str | None = None) -> Answer:
        """Run one command line."""
        settings = ToolSettings(
            profile_home=self.home, lab_home=None, default_lab_home=self.home / "lab", proxy_in_effect=None
        )
        opener = TenantOpener(
            self.store, InProcess(self.block), clock=self.block.clock, ids=CountingIds(start=900_000_000), show=print
        )
        tools = Tools(
            settings=settings,
            store=self.store,
            opener=opener,
            clock=self.block.clock,
        )
        if self.answer is not None:
            tools = replace(tools, ask=self._ask)
        if self.named is not None:
            tools = replace(tools, ask_name=self._ask_name)
        if stdin is not None:
            self.monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        self.capsys.readouterr()
        code = main(arguments, tools=tools)
        said = self.capsys.readouterr()
        return Answer(code, said.out, said.err)

    def _ask(self, question: str) -> bool:
        self.questions.append(question)
        return bool(self.answer)

    def _ask_name(self, question: str) -> str:
        self.questions.append(question)
        return self.named or ""
