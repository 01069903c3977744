"""The page of findings: one HTML file with its style and its script inside, nothing loaded from anywhere, ever.

Titles, names and paths are the partner's input. Every value is escaped by the template engine, shown apart from the direction of
the text around it, and without control characters; the page's own policy lets nothing run but the one script whose hash it names.
"""

from __future__ import annotations

import base64
import hashlib
import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from xtenant.bulk.findings import EVIDENCE_SAYS
from xtenant.bulk.report.rows import Report

_FOLDER = "pages"
_UNSEEN = frozenset({"Cc", "Cs", "Zl", "Zp"})
_KEPT = frozenset("\n\t")


def pieces(report: Report) -> Iterator[str]:
    """The page piece by piece."""
    style, script = _part("findings.css"), _part("findings.js")
    findings = report.in_order()
    yield from (
        _environment()
        .get_template("findings.html")
        .generate(
            context=report.context,
            counts=report.counts(),
            findings=findings,
            not_checked=report.not_checked,
            rules=sorted({each.rule for each in findings}),
            parties=sorted({each.remedy.who.value for each in findings}),
            evidence_says=EVIDENCE_SAYS,
            bdi=_bdi,
            style=Markup(style),  # noqa: S704 (a file of this package)
            script=Markup(script),  # noqa: S704 (a file of this package)
            policy=policy(style, script),
        )
    )


def policy(style: str, script: str) -> str:
    """The page's content security policy: these two and nothing else."""
    return f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; base-uri 'none'; form-action 'none'"


def shown(text: object) -> str:
    """A text without control characters, which a browser would not show as they are."""
    return "".join(
        sign if sign in _KEPT or unicodedata.category(sign) not in _UNSEEN else "\ufffd" for sign in str(text)
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("xtenant.bulk.report", _FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_final,
    )


def _final(value: object) -> str:
    return value if isinstance(value, Markup) else shown(value)


def _bdi(text: object) -> Markup:
    """A value of a tenant's: its own direction of writing changes nothing around it."""
    return Markup("<bdi>{}</bdi>").format(shown(text))


@cache
def _part(name: str) -> str:
    return files("xtenant.bulk.report").joinpath(_FOLDER, name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
