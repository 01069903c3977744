"""What readers are told of webs, lists and list items beside the rows themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from xtenant.domain import paths
from xtenant.domain.content import FileVersion, Item, ItemKind, Principal, PrincipalKey, Site, SiteId
from xtenant.domain.drive import LIBRARY_TITLES
from xtenant.domain.lists import ENGLISH, PLAIN_LIBRARY, PLAIN_WEB, ListDefinition, WebDefinition

LISTS = "Lists"
"""The folder that the addresses of lists have and those of libraries have not."""

ATTACHMENTS = "Attachments"

LIBRARY_TEMPLATES = frozenset({101, 109, 110, 111, 115, 119, 130, 700, 851})
"""Templates whose lists are libraries of files."""


def address_of(container: Item, above: Sequence[str] = ()) -> tuple[str, ...]:
    """The names from below the site down to a library, list or subweb; `above` are the subwebs it stands in."""
    return (*above, *((LISTS,) if container.kind is ItemKind.LIST else ()), container.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebRef:
    """Names a web: by its address, or by ids of site and web (None: the root web)."""

    url: str = ""
    site_id: SiteId | None = None
    web_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebView:
    """A web: the site's own, or (`web`) a subweb. `names` lead from the site's address to the web's."""

    site: Site
    web: Item | None = None
    names: tuple[str, ...] = ()
    definition: WebDefinition = PLAIN_WEB
    is_unique: bool = True

    @property
    def web_id(self) -> UUID:
        return self.site.web_id if self.web is None else self.web.item_id

    @property
    def title(self) -> str:
        return self.site.title if self.web is None else self.definition.title or self.web.name

    @property
    def template(self) -> str:
        return self.site.template if self.web is None else self.definition.template or "STS#3"

    @property
    def url(self) -> str:
        return "/".join((self.site.url, *self.names))


@dataclass(frozen=True, slots=True, kw_only=True)
class ListView:
    """A library or list: what it is made of, how many items it holds, whether it has permissions of its own."""

    site: Site
    library: Item
    item_count: int
    is_unique: bool
    above: tuple[str, ...] = ()
    """The names of the subwebs it stands in."""
    definition: ListDefinition = PLAIN_LIBRARY
    stated_template: int = 0
    """Of a lab's plain library that is said to be a list; 0 otherwise."""

    @property
    def template(self) -> int:
        return self.stated_template or self.definition.template

    @property
    def is_library(self) -> bool:
        return self.library.kind is ItemKind.LIBRARY and not self.stated_template

    @property
    def title(self) -> str:
        return title_of(self.library, self.definition)

    @property
    def address(self) -> tuple[str, ...]:
        return address_of(self.library, self.above)

    @property
    def path(self) -> str:
        """Server-relative, with the leading slash."""
        return "/" + paths.full_path(self.site.url, self.address)


def title_of(library: Item, definition: ListDefinition) -> str:
    """The default library's title differs from the last segment of its address, as at Microsoft."""
    return definition.title or LIBRARY_TITLES.get(library.name, library.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListItemView:
    """A file, folder or list item; `path` are the names below the library or list down to it."""

    item: Item
    path: tuple[str, ...]
    is_unique: bool
    label: str = ""
    """The name of the file's sensitivity label."""
    has_attachments: bool = False
    comment: str = ""
    """Of a file's current version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """Some items of a list by number; `next_number` asks for what follows, None at the end. `people` are those whom the
    items name."""

    view: ListView
    items: Sequence[ListItemView]
    next_number: int | None = None
    people: Mapping[PrincipalKey, Principal]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All versions of a file or list item, newest first."""

    page: ListPage
    versions: Sequence[FileVersion]
    people: Mapping[PrincipalKey, Principal]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWeb:
    """A web to be made; `name` is the last segment of its address."""

    title: str
    name: str
    description: str = ""
    template: str = "STS#3"
    language: int = ENGLISH
    same_permissions: bool = False
