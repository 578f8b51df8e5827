"""The town and its centres, read from `centres/*.toml`: typed, validated, every mistake at once."""

import re
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from publisher.language import LANGUAGES
from publisher.model.mistake import Mistake, Mistakes
from publisher.model.mistake import in_french as _
from publisher.model.moment import Moment
from publisher.model.person import LOCAL, PAPER
from publisher.model.source import (
    CasSource,
    Door,
    LinkSource,
    OidcSource,
    SamlSource,
    SignInSource,
)
from publisher.model.space import RESERVED_NAMES, SLUG
from publisher.model.town import (
    Audit,
    Centre,
    Contact,
    Group,
    Legal,
    School,
    Town,
)
from publisher.model.uai import control_letter, has_right_letter, is_uai

TOWN_FILE = "town.toml"
SCHOOL_ZONES = ("A", "B", "C", "Corse", "outre-mer")
ACCESSIBILITY_STATES = ("non", "partiellement", "totalement")
LEAST_RATES = {"partiellement": 50, "totalement": 100}
"""The share of criteria, in an audit, below which a state cannot be declared (décret 2019-768)."""
STATEMENT_LASTS = timedelta(days=3 * 365)
"""How long a statement of accessibility, and an audit, may stand before they are done again."""
MAX_LOG_MONTHS = 12
CLAIMS = ("subject", "role", "schools", "classes", "children", "vector", "given_name")
NUMBERINGS = ("entcore", "laclasse", "vecteur")
RESERVED_SOURCES = frozenset({PAPER, LOCAL})
CAS_VALIDATIONS = ("p3/serviceValidate", "serviceValidate", "validate")

_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+\Z")


class _Table:
    """One table of a TOML file: keys are asked for by type, and what was not asked for is said."""

    def __init__(self, file: str, table: object, mistakes: list[Mistake], under: str = "") -> None:
        self._file, self._mistakes, self._under = file, mistakes, under
        self._asked: set[str] = set()
        self._table: Mapping[str, object] = table if isinstance(table, dict) else {}
        if not isinstance(table, dict):
            self.wrong("", _("On attend une table ici."))

    @property
    def is_empty(self) -> bool:
        """Whether nothing is in it."""
        return not self._table

    def wrong(self, key: str, says: str, /, **facts: object) -> None:
        """Keep one mistake about *key*."""
        where = f"{self._file} · {self._under}{key}".rstrip(". ")
        self._mistakes.append(Mistake(where=where, says=says, facts=facts))

    def text(self, key: str, default: str | None = None) -> str:
        """A text that is not empty; *default* makes it optional."""
        self._asked.add(key)
        value = self._table.get(key, default)
        if value is None:
            self.wrong(key, _("Cette clé manque."))
            return ""
        if not isinstance(value, str) or (not value.strip() and default is None):
            self.wrong(key, _("On attend un texte."))
            return ""
        return value.strip()

    def one_of(self, key: str, known: tuple[str, ...], default: str | None = None) -> str:
        """One of a few words."""
        value = self.text(key, default)
        if value and value not in known:
            self.wrong(
                key,
                _("« {value} » n'est pas l'un de : {known}."),
                value=value,
                known=", ".join(known),
            )
        return value

    def mail(self, key: str) -> str:
        """An address that looks like one."""
        value = self.text(key)
        if value and _MAIL.match(value) is None:
            self.wrong(key, _("« {value} » n'est pas une adresse électronique."), value=value)
        return value

    def whole(self, key: str, default: int | None = None) -> int:
        """A whole number of at least 1."""
        self._asked.add(key)
        value = self._table.get(key, default)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
            return value
        self.wrong(key, _("On attend un nombre entier, 1 ou plus."))
        return 1

    def address(self, key: str, *, required: bool = True) -> str:
        """The address of another machine: http or https, and a host."""
        value = self.text(key, None if required else "")
        parts = urlsplit(value)
        if value and (parts.scheme not in {"http", "https"} or not parts.hostname):
            self.wrong(key, _("« {value} » n'est pas une adresse http(s) complète."), value=value)
        return value

    def truth(self, key: str, *, default: bool = False) -> bool:
        """A truth, `true` or `false`; *default* when absent."""
        self._asked.add(key)
        value = self._table.get(key, default)
        if not isinstance(value, bool):
            self.wrong(key, _("On attend true ou false."))
        return value is True

    def day(self, key: str) -> date:
        """A day."""
        self._asked.add(key)
        value = self._table.get(key)
        if isinstance(value, date):
            return value
        self.wrong(key, _("On attend un jour, comme 2026-09-01."))
        return date.min

    def texts(self, key: str, *, required: bool) -> tuple[str, ...]:
        """A list of texts."""
        self._asked.add(key)
        value = self._table.get(key, [] if not required else None)
        if (
            isinstance(value, list)
            and all(isinstance(one, str) for one in value)
            and (value or not required)
        ):
            return tuple(value)
        self.wrong(key, _("On attend une liste de textes."))
        return ()

    def table(self, key: str, *, required: bool = True) -> "_Table":
        """A table inside this one."""
        self._asked.add(key)
        if key not in self._table and not required:
            return _Table(self._file, {}, self._mistakes, f"{self._under}{key}.")
        if key not in self._table:
            self.wrong(key, _("Cette table manque."))
            return _Table(self._file, {}, [], f"{self._under}{key}.")
        return _Table(self._file, self._table[key], self._mistakes, f"{self._under}{key}.")

    def tables(self, key: str, *, required: bool) -> "tuple[_Table, ...]":
        """A list of tables."""
        self._asked.add(key)
        value = self._table.get(key, [])
        if not isinstance(value, list) or (required and not value):
            self.wrong(key, _("On attend au moins une table [[{key}]]."), key=key)
            return ()
        return tuple(
            _Table(self._file, one, self._mistakes, f"{self._under}{key}[{number}].")
            for number, one in enumerate(value, start=1)
        )

    def words(self, known: tuple[str, ...]) -> Mapping[str, str]:
        """The whole table as words, whose keys are among *known*."""
        self._asked.update(known)
        return {key: self.text(key) for key in self._table if key in known}

    def every_word(self) -> Mapping[str, str]:
        """The whole table as words, whatever its keys."""
        return {key: self.text(key) for key in self._table}

    def lists(self, known: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
        """The whole table as lists of words, one word being a list of one."""
        self._asked.update(known)
        return {
            key: (self.text(key),)
            if isinstance(self._table[key], str)
            else self.texts(key, required=True)
            for key in self._table
            if key in known
        }

    def nothing_else(self) -> None:
        """Say every key that exists and was not asked for."""
        for key in self._table:
            if key not in self._asked:
                self.wrong(
                    str(key),
                    _("Clé inconnue. Celles qui existent ici : {known}."),
                    known=", ".join(sorted(self._asked)),
                )


def read_town(instance: Path) -> Town | Mistakes:
    """Read the town and every centre of *instance*, or say all that is wrong, file and key."""
    folder = instance / "centres"
    mistakes: list[Mistake] = []
    if not (folder / TOWN_FILE).is_file():
        return Mistakes(
            (
                Mistake(
                    where=f"centres/{TOWN_FILE}",
                    says=_(
                        "Ce fichier manque : il dit le nom de la ville et ce que ses centres partagent."
                    ),
                ),
            )
        )
    table = _read(folder / TOWN_FILE, mistakes)
    paths = sorted(path for path in folder.glob("*.toml") if path.name != TOWN_FILE)
    theme = table.text("theme", "preau")
    sources = tuple(_source(one) for one in table.tables("sign_in", required=True))
    centres = tuple(_centre(path, theme, sources, mistakes) for path in paths)
    if not centres:
        table.wrong("", _("Aucun centre : ajoutez un fichier centres/<nom>.toml."))
    town = Town(
        name=table.text("name"),
        department=table.text("department"),
        contact=_contact(table.table("contact")),
        timezone=_timezone(table),
        language=table.one_of("language", LANGUAGES, "fr"),
        public_url=_public_url(table),
        legal=_legal(table.table("legal")),
        sign_in=sources,
        centres=centres,
        plugins=table.texts("plugins", required=False),
        local_accounts=table.truth("local_accounts"),
    )
    table.nothing_else()
    names = [source.name for source in sources]
    for name in sorted({name for name in names if names.count(name) > 1}):
        table.wrong("sign_in", _("« {name} » est là deux fois."), name=name)
    return Mistakes(tuple(mistakes)) if mistakes else town


def warnings_of(town: Town, today: date | None = None) -> tuple[Mistake, ...]:
    """What deserves a look and stops nothing: a UAI whose letter is wrong, a centre without school.

    With *today*, also a statement of accessibility or an audit of more than three years.
    """
    found = [] if today is None else list(_too_old(town, today))
    found += [
        Mistake(
            where=f"{centre.slug}.toml · schools",
            says=_(
                "« {uai} » ({name}) : la lettre d'un UAI {digits} serait {letter}. Vérifiez auprès de l'école."
            ),
            facts={
                "uai": school.uai,
                "name": school.name,
                "digits": school.uai[:7],
                "letter": control_letter(school.uai[:7]),
            },
        )
        for centre in town.centres
        for school in centre.schools
        if not has_right_letter(school.uai)
    ]
    found += [
        Mistake(
            where=f"{centre.slug}.toml · schools",
            says=_("Ce centre n'a aucune école : aucune famille n'y entre par son profil ENT."),
        )
        for centre in town.centres
        if not centre.schools
    ]
    return tuple(found)


def _too_old(town: Town, today: date) -> Iterator[Mistake]:
    legal = town.legal
    days = {"accessibility_declared_on": legal.accessibility_declared_on}
    if legal.audit is not None:
        days["audit.on"] = legal.audit.on
    for key, day in days.items():
        if today - day > STATEMENT_LASTS:
            yield Mistake(
                where=f"{TOWN_FILE} · legal.{key}",
                says=_("Plus de trois ans : la déclaration d'accessibilité est à refaire."),
            )


def theme_folder(instance: Path, name: str) -> Path:
    """The folder of theme *name*: the instance's own, else the one that comes with Préau.

    Raises FileNotFoundError when neither exists.
    """
    here = Path(__file__).parent
    for folder in (instance / "themes", here / "themes", here.parent / "themes"):
        if (folder / name / "templates").is_dir():
            return folder / name
    msg = f"no theme named {name}"
    raise FileNotFoundError(msg)


class TownIsUnreadable(Exception):
    """The files of `centres/` are wrong and no earlier good reading is at hand."""

    def __init__(self, mistakes: Mistakes) -> None:
        super().__init__("; ".join(f"{one.where}: {one.sentence()}" for one in mistakes.all))
        self.mistakes = mistakes


class TownOnDisk:
    """The town as its files say it now: read again when one changed, the last good one kept."""

    def __init__(
        self,
        instance: Path,
        *,
        every_s: float = 0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Read *instance*'s town, and look at its files again at most each *every_s* seconds.

        Raises TownIsUnreadable when it is wrong from the start.
        """
        self._instance, self._every_s, self._monotonic = instance, every_s, monotonic
        self._look_at = monotonic() + every_s
        self._stamp = self._now()
        town = read_town(instance)
        if isinstance(town, Mistakes):
            raise TownIsUnreadable(town)
        self._town = town

    def __call__(self) -> Town:
        """The town: the same object for as long as no file was seen to change."""
        now = self._monotonic()
        if now < self._look_at:
            return self._town
        self._look_at = now + self._every_s
        stamp = self._now()
        if stamp != self._stamp:
            self._stamp = stamp
            town = read_town(self._instance)
            if not isinstance(town, Mistakes):
                self._town = town
        return self._town

    def _now(self) -> tuple[tuple[str, int, int], ...]:
        stamps = []
        for path in sorted((self._instance / "centres").glob("*.toml")):
            try:
                facts = path.stat()
            except FileNotFoundError:
                continue
            stamps.append((path.name, facts.st_mtime_ns, facts.st_ino))
        return tuple(stamps)


def _read(path: Path, mistakes: list[Mistake]) -> _Table:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        mistakes.append(
            Mistake(
                where=f"centres/{path.name}",
                says=_("Ce fichier n'est pas un TOML lisible : {why}."),
                facts={"why": error},
            )
        )
        return _Table(f"centres/{path.name}", {}, [])
    return _Table(f"centres/{path.name}", table, mistakes)


def _centre(
    path: Path, theme: str, sources: tuple[SignInSource, ...], mistakes: list[Mistake]
) -> Centre:
    table = _read(path, mistakes)
    slug = path.stem
    if SLUG.match(slug) is None or slug in RESERVED_NAMES:
        table.wrong(
            "",
            _(
                "Le nom du fichier est l'adresse du centre : des minuscules sans accent et des tirets, et aucun nom réservé."
            ),
        )
    moments = table.texts("moments", required=True)
    for moment in moments:
        if moment not in set(Moment):
            table.wrong(
                "moments",
                _("« {value} » n'est pas l'un de : {known}."),
                value=moment,
                known=", ".join(Moment),
            )
    opened = tuple(moment for moment in Moment if moment in moments)
    known = tuple(source.name for source in sources)
    sign_in = table.texts("sign_in", required=True)
    for name in sign_in:
        if name not in known:
            table.wrong(
                "sign_in",
                _("« {value} » n'est pas l'un de : {known}."),
                value=name,
                known=", ".join(known),
            )
    hours = table.table("hours", required=False)
    centre = Centre(
        slug=slug,
        name=table.text("name"),
        contact=_contact(table.table("contact")),
        schools=tuple(_school(one) for one in table.tables("schools", required=False)),
        groups=_groups(table),
        moments=opened,
        hours={Moment(key): text for key, text in hours.words(tuple(Moment)).items()},
        school_zone=table.one_of("school_zone", SCHOOL_ZONES),
        theme=table.text("theme", theme),
        sign_in=sign_in,
    )
    hours.nothing_else()
    table.nothing_else()
    return centre


def _groups(table: _Table) -> tuple[Group, ...]:
    groups: list[Group] = []
    for rank, one in enumerate(table.tables("groups", required=False), start=1):
        slug = one.text("slug")
        if slug and SLUG.match(slug) is None:
            one.wrong("slug", _("Des minuscules sans accent et des tirets, comme « moyens »."))
        if slug in {group.slug for group in groups}:
            one.wrong("slug", _("« {name} » est là deux fois."), name=slug)
        groups.append(
            Group(
                slug=slug,
                name=one.text("name"),
                ages=one.text("ages"),
                levels=one.texts("levels", required=False),
                rank=rank,
            )
        )
        one.nothing_else()
    return tuple(groups)


def _school(table: _Table) -> School:
    uai = table.text("uai").upper()
    if uai and not is_uai(uai):
        table.wrong(
            "uai", _("« {value} » n'est pas un UAI : sept chiffres et une lettre."), value=uai
        )
    school = School(uai=uai, name=table.text("name"))
    table.nothing_else()
    return school


def _contact(table: _Table) -> Contact:
    contact = Contact(
        address=table.text("address"), phone=table.text("phone"), mail=table.mail("mail")
    )
    table.nothing_else()
    return contact


def _legal(table: _Table) -> Legal:
    legal = Legal(
        publication_director=table.text("publication_director"),
        host_name=table.text("host_name"),
        host_address=table.text("host_address"),
        host_phone=table.text("host_phone"),
        host_country=table.text("host_country"),
        data_protection_mail=table.mail("data_protection_mail"),
        accessibility_state=table.one_of("accessibility_state", ACCESSIBILITY_STATES),
        accessibility_mail=table.mail("accessibility_mail"),
        accessibility_declared_on=table.day("accessibility_declared_on"),
        charter_version=table.whole("charter_version"),
        audit=_audit(table),
        accessibility_failures=table.texts("accessibility_failures", required=False),
        accessibility_burdens=table.texts("accessibility_burdens", required=False),
        accessibility_exempt=table.texts("accessibility_exempt", required=False),
        accessibility_scheme=table.address("accessibility_scheme", required=False),
        accessibility_plan=table.address("accessibility_plan", required=False),
        logs_kept_months=table.whole("logs_kept_months", MAX_LOG_MONTHS),
    )
    if legal.logs_kept_months > MAX_LOG_MONTHS:
        table.wrong(
            "logs_kept_months",
            _("Les journaux se gardent {most} mois au plus (recommandation de la CNIL)."),
            most=MAX_LOG_MONTHS,
        )
    least = LEAST_RATES.get(legal.accessibility_state, 0)
    if least and (legal.audit is None or legal.audit.rate < least):
        table.wrong(
            "accessibility_state",
            _(
                "« {value} » demande une table [legal.audit] : un audit, et {least} % des critères au"
                " moins. Sans lui, le seul état permis est « non »."
            ),
            value=legal.accessibility_state,
            least=least,
        )
    table.nothing_else()
    return legal


def _audit(table: _Table) -> Audit | None:
    found = table.table("audit", required=False)
    if found.is_empty:
        return None
    audit = Audit(on=found.day("on"), by=found.text("by"), rate=found.whole("rate"))
    if audit.rate > 100:  # noqa: PLR2004 (a percentage)
        found.wrong("rate", _("On attend un pourcentage, de 1 à 100."))
    found.nothing_else()
    return audit


def _source(table: _Table) -> SignInSource:
    name = table.text("name")
    if name and SLUG.match(name) is None:
        table.wrong("name", _("Des minuscules sans accent et des tirets, comme « moyens »."))
    if name in RESERVED_SOURCES:
        table.wrong("name", _("« {name} » est un nom réservé."), name=name)
    claims = table.table("claims", required=False)
    method = table.one_of("method", tuple(_PROTOCOLS))
    source = SignInSource(
        name=name,
        label=table.text("label"),
        method=method,
        protocol=_PROTOCOLS.get(method, _oidc)(table),
        claims=claims.lists(CLAIMS),
        numbering=table.one_of("numbering", NUMBERINGS, NUMBERINGS[0]),
        doors=_doors(table),
        demo=table.truth("demo"),
    )
    claims.nothing_else()
    table.nothing_else()
    return source


def _doors(table: _Table) -> frozenset[Door]:
    names = table.texts("doors", required=False) or tuple(Door)
    for name in names:
        if name not in set(Door):
            table.wrong(
                "doors",
                _("« {value} » n'est pas l'un de : {known}."),
                value=name,
                known=", ".join(Door),
            )
    return frozenset(door for door in Door if door in names)


def _oidc(table: _Table) -> OidcSource:
    scope = " ".join(table.text("scope", "openid").split())
    if "openid" not in scope.split(" "):
        table.wrong("scope", _("« openid » y est toujours : sans lui, rien ne dit qui arrive."))
    accept = table.text("userinfo_accept", "application/json")
    if not accept.isascii() or not accept.isprintable():
        table.wrong("userinfo_accept", _("On attend un type, comme application/json."))
    return OidcSource(
        discovery_url=table.address("discovery_url"),
        client_id=table.text("client_id"),
        issuer=table.text("issuer", ""),
        scope=scope,
        userinfo_version=table.text("userinfo_version", ""),
        userinfo_accept=accept,
        has_farewell=table.truth("has_farewell", default=True),
    )


def _cas(table: _Table) -> CasSource:
    parameters = table.table("login_parameters", required=False)
    return CasSource(
        address=table.address("address").rstrip("/"),
        validation=table.one_of("validation", CAS_VALIDATIONS, CAS_VALIDATIONS[0]),
        login_parameters=parameters.every_word(),
        has_state=table.truth("has_state", default=True),
    )


def _saml(table: _Table) -> SamlSource:
    metadata = table.text("metadata")
    if "/" in metadata or metadata.startswith("."):
        table.wrong("metadata", _("Le nom d'un fichier posé dans centres/, sans dossier."))
    return SamlSource(
        address=table.address("address"),
        metadata=metadata,
        entity_id=table.text("entity_id", ""),
    )


def _link(table: _Table) -> LinkSource:
    return LinkSource(address=table.address("address"), issuer=table.text("issuer"))


_PROTOCOLS: Mapping[str, Callable[[_Table], OidcSource | CasSource | SamlSource | LinkSource]] = {
    "oidc": _oidc,
    "cas": _cas,
    "saml": _saml,
    "link": _link,
}
"""What each sign-in method is configured by, under the method's name."""


def _timezone(table: _Table) -> ZoneInfo:
    name = table.text("timezone", "Europe/Paris")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        table.wrong(
            "timezone",
            _("« {value} » n'est pas un fuseau horaire connu, comme Europe/Paris."),
            value=name,
        )
        return ZoneInfo("UTC")


def _public_url(table: _Table) -> str:
    url = table.text("public_url").rstrip("/")
    parts = urlsplit(url)
    if url and (
        parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query
    ):
        table.wrong(
            "public_url",
            _("L'adresse publique s'écrit sans chemin, comme https://loisirs.ville.fr."),
        )
    return url
