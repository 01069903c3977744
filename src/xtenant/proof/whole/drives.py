"""Libraries over Graph: every folder and file with its whole history and, where wanted, the hash of its bytes (content-api.md
1.4, 1.7, 1.11)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from urllib.parse import unquote, urlsplit

from xtenant.proof.baseline import Baseline
from xtenant.proof.crawl import crawl
from xtenant.proof.facts import ItemFacts, Kind
from xtenant.proof.whole.facts import Facts, moment, people, person
from xtenant.proof.whole.scene import Scene, each
from xtenant.proof.whole.webs import WebPlace
from xtenant.protocols.graph.call.drives import drives_of_site, site_by_url
from xtenant.protocols.graph.call.sharing import links_of
from xtenant.protocols.graph.codec.drives import RemoteDrive

FACTS_A_TIME = 2_000


async def read_drives(scene: Scene, web: WebPlace) -> None:
    """Every library of a web."""
    site = await site_by_url(scene.session, web.url)
    for number, drive in enumerate(await drives_of_site(scene.session, site.id)):
        path = scene.below(unquote(urlsplit(drive.url).path))
        file = scene.folder / f"{site.id.replace(',', '-')[-40:]}-{number}.baseline"
        with Baseline(file) as baseline:
            await crawl(scene.session, drive, baseline, content=scene.content)
            shared = _record(scene, drive, path, baseline)
        await each(shared, partial(_read_links, scene, drive))
        file.unlink()


def _record(scene: Scene, drive: RemoteDrive, path: str, baseline: Baseline) -> list[tuple[str, str]]:
    """What the drive holds, to the ledger; the subjects and ids of what has sharing links."""
    shared: list[tuple[str, str]] = []
    scene.ledger.add([Facts(f"drive {path}", {"name": drive.name, "type": drive.drive_type})])
    facts: list[Facts] = []
    for item in baseline.items():
        subject = f"drive item {path}/{item.path}"
        facts += _facts(subject, item)
        if item.shared:
            shared.append((subject, item.remote_id))
        if len(facts) >= FACTS_A_TIME:
            scene.ledger.add(facts)
            facts = []
    scene.ledger.add(facts)
    return shared


async def _read_links(scene: Scene, drive: RemoteDrive, thing: tuple[str, str]) -> None:
    """The sharing links of an item: what they allow to whom, until when. Their addresses are the tenant's own."""
    subject, item_id = thing
    links = sorted(await links_of(scene.session, drive.id, item_id), key=lambda link: link.id)
    told = {
        f"link {link.id}": {
            "type": link.kind,
            "scope": link.scope,
            "expires": moment(link.expires_at),
            "for": people(link.members),
        }
        for link in links
    }
    scene.ledger.add([Facts(subject, told, "links")])


def _facts(subject: str, item: ItemFacts) -> Iterator[Facts]:
    is_file = item.kind is Kind.FILE
    yield Facts(
        subject,
        {
            "kind": item.kind.value,
            "created": moment(item.created_at),
            "modified": moment(item.modified_at),
            "author": person(item.author),
            "editor": person(item.editor),
            "shared": item.shared,
            **({"size": item.size_bytes, "quickXorHash": item.quick_xor} if is_file else {}),
            **({"SHA-256": item.sha256} if item.sha256 is not None else {}),
            **({"versions": [version.number for version in item.versions]} if is_file else {}),
        },
    )
    for version in item.versions:
        told = {
            "size": version.size_bytes,
            "written": moment(version.modified_at),
            "editor": person(version.editor),
        }
        yield Facts(f"{subject} version {version.number}", told)
