"""A town and its centres, as the files of `centres/` say them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from publisher.model.moment import Moment
from publisher.model.source import Door, SignInSource
from publisher.model.space import Space


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """How families reach somebody."""

    address: str
    phone: str
    mail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class School:
    """A school whose pupils come to a centre."""

    uai: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group of children of one centre.

    `levels` are the school levels it takes (`CP`, `CE1`…), by which a family's class in the
    ENT opens its group. `rank` counts from 1, the youngest: it is said by dots, never colour.
    """

    slug: str
    name: str
    ages: str
    levels: tuple[str, ...]
    rank: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """An audit of accessibility by people: when, by whom, and the share of criteria met (0 to 100)."""

    on: date
    by: str
    rate: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Legal:
    """What a town must show: `facts/law.md` of the project lists why.

    `accessibility_state` is one of `non`, `partiellement`, `totalement`; without a valid audit
    the only lawful state is `non`. What is known not to work is listed as the law cuts it:
    failures, what would be too heavy a burden, what the law exempts. `accessibility_scheme` and
    `accessibility_plan` are addresses on the town's own site, empty when they are asked for by
    mail. `host_country` says where the photos are; technical logs are kept `logs_kept_months`.
    """

    publication_director: str
    host_name: str
    host_address: str
    host_phone: str
    host_country: str
    data_protection_mail: str
    accessibility_state: str
    accessibility_mail: str
    accessibility_declared_on: date
    charter_version: int
    audit: Audit | None = None
    accessibility_failures: tuple[str, ...] = ()
    accessibility_burdens: tuple[str, ...] = ()
    accessibility_exempt: tuple[str, ...] = ()
    accessibility_scheme: str = ""
    accessibility_plan: str = ""
    logs_kept_months: int = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Centre:
    """One leisure centre."""

    slug: str
    name: str
    contact: Contact
    schools: tuple[School, ...]
    groups: tuple[Group, ...]
    moments: tuple[Moment, ...]
    hours: Mapping[Moment, str]
    school_zone: str
    theme: str
    sign_in: tuple[str, ...]

    @property
    def space(self) -> Space:
        """The space of the whole centre."""
        return Space(self.slug)

    @property
    def spaces(self) -> tuple[Space, ...]:
        """The centre's space, then one for each group."""
        return (self.space, *(Space(self.slug, group.slug) for group in self.groups))

    def group(self, slug: str) -> Group | None:
        """The group of that slug, if the centre has it."""
        return next((group for group in self.groups if group.slug == slug), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """The town: what its centres share.

    `plugins` are the modules of Pelican plugins that listen while its pages are drawn.
    `local_accounts` lets the team have accounts of Préau's own, where the town has no directory.
    """

    name: str
    department: str
    contact: Contact
    timezone: ZoneInfo
    language: str
    public_url: str
    legal: Legal
    sign_in: tuple[SignInSource, ...]
    centres: tuple[Centre, ...]
    plugins: tuple[str, ...] = ()
    local_accounts: bool = False

    def centre(self, slug: str) -> Centre | None:
        """The centre of that slug, if the town has it."""
        return next((centre for centre in self.centres if centre.slug == slug), None)

    def source(self, name: str) -> SignInSource | None:
        """The sign-in source of that name, if the town has it."""
        return next((source for source in self.sign_in if source.name == name), None)

    def sources_of(self, door: Door) -> tuple[SignInSource, ...]:
        """The sources that lead to *door*, in the town's order."""
        return tuple(source for source in self.sign_in if door in source.doors)
