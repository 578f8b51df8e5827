"""Law 1, on bytes: every file of a built town, against every kind of visitor.

The table below is written by hand, apart from the gate, from what a family is promised. Each
post and each photo carries a mark of its own, looked for in every answer.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from publisher import shelf
from publisher.centres import TownOnDisk
from publisher.content.library import save_new_post, withdraw_post
from publisher.content.photos import keep_photo
from publisher.editions.press import Built, Places, build_whole
from publisher.gate.app import make_gate
from publisher.model.moment import Moment
from publisher.model.person import Account, Role, StaffGrant, StaffRole
from publisher.model.photo import MASTER
from publisher.model.post import PhotoArticle, PhotoInArticle, Publication
from publisher.records import open_records
from publisher.settings import Settings, read_settings
from publisher.sign_in.passes import FAMILY, TEAM, Passes, new_pass
from tests.accounts import account
from tests.instance import CENTRES, make_instance
from tests.posts import NOW, photo, programme, reminder

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

PREVERT, MATERNELLE, MICHEL = "0920001B", "0920002C", "0310001H"
CENTRE_WIDE, TILLEULS, OURSE = None, "les-tilleuls", "la-grande-ourse"
PETITS, MOYENS, GRANDS = "petits", "moyens", "grands"


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """One kind of visitor, and the spaces that the town promises them: (centre, group)."""

    visitor: str
    reads: frozenset[tuple[str, str | None]]


def _reads(*spaces: tuple[str, str | None]) -> frozenset[tuple[str, str | None]]:
    return frozenset(spaces)


_ALL_OF_TILLEULS = _reads(
    (TILLEULS, CENTRE_WIDE), (TILLEULS, PETITS), (TILLEULS, MOYENS), (TILLEULS, GRANDS)
)

TABLE = (
    Expectation(visitor="anonyme", reads=_reads()),
    Expectation(visitor="cookie au hasard", reads=_reads()),
    Expectation(visitor="laissez-passer retouché", reads=_reads()),
    Expectation(visitor="laissez-passer d'une autre ville", reads=_reads()),
    Expectation(visitor="laissez-passer de l'espace équipe", reads=_reads()),
    Expectation(visitor="laissez-passer fini", reads=_reads()),
    Expectation(visitor="famille sortie", reads=_reads()),
    Expectation(visitor="famille de ce centre, classe inconnue", reads=_reads((TILLEULS, CENTRE_WIDE))),
    Expectation(visitor="famille de ce groupe", reads=_reads((TILLEULS, CENTRE_WIDE), (TILLEULS, MOYENS))),
    Expectation(visitor="famille d'un autre groupe", reads=_reads((TILLEULS, CENTRE_WIDE), (TILLEULS, PETITS))),
    Expectation(visitor="famille d'un autre centre", reads=_reads((OURSE, CENTRE_WIDE), (OURSE, MOYENS))),
    Expectation(visitor="famille de deux centres", reads=_reads((TILLEULS, CENTRE_WIDE), (TILLEULS, GRANDS), (OURSE, CENTRE_WIDE))),
    Expectation(visitor="classe du même nom dans une autre école", reads=_reads((TILLEULS, CENTRE_WIDE))),
    Expectation(visitor="enfant de ce groupe", reads=_reads((TILLEULS, CENTRE_WIDE), (TILLEULS, GRANDS))),
    Expectation(visitor="famille sans école", reads=_reads()),
    Expectation(visitor="famille d'une source inconnue", reads=_reads()),
    Expectation(visitor="enseignante de l'école", reads=_reads()),
    Expectation(visitor="agent de la ville", reads=_reads()),
    Expectation(visitor="animatrice de ce centre", reads=_ALL_OF_TILLEULS),
    Expectation(visitor="animateur dont le contrat est fini", reads=_reads()),
)  # fmt: skip


@dataclass
class BuiltTown:
    """A town with every class of file, its gate, and a cookie for each kind of visitor."""

    build: Path
    gate: "WSGIApplication"
    cookies: dict[str, str]
    marks: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    never: list[str] = field(default_factory=list)

    def ask(
        self, visitor: str, path: str, method: str = "GET", **headers: str
    ) -> tuple[str, dict[str, str], bytes]:
        """Ask the gate for *path* as *visitor*: status, headers, body."""
        answer: list[tuple[str, dict[str, str]]] = []

        def start_response(status: str, found: list[tuple[str, str]], *_error: object) -> object:
            answer.append((status, dict(found)))
            return lambda _chunk: None

        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(),
            "wsgi.errors": BytesIO(),
            "HTTP_COOKIE": self.cookies[visitor],
            **{f"HTTP_{name.upper()}": value for name, value in headers.items()},
        }
        body = b"".join(self.gate(environ, start_response))  # type: ignore[arg-type]  # a test's
        status, found = answer[-1]
        return status, found, body


def _picture(number: int) -> bytes:
    target = BytesIO()
    colour = ((number * 37) % 256, (number * 91) % 256, (number * 53) % 256)
    Image.new("RGB", (40, 30), colour).save(target, "JPEG")
    return target.getvalue()


class _Author:
    """Writes posts whose words and photos are marks."""

    def __init__(self, places: Places, town: BuiltTown) -> None:
        self._places, self._town, self._count = places, town, 0

    def article(
        self, centre: str, groups: tuple[str, ...], *, withdrawn: bool = False, **when: datetime
    ) -> None:
        """An article with two photos, each file of it unique."""
        self._count += 1
        mark = f"marque{self._count:04}"
        ids = tuple(
            f"{mark}{letter}".translate(str.maketrans("0189", "abcd")).ljust(26, "z")
            for letter in "xy"
        )
        for place, one in enumerate(ids):
            names = (MASTER, "480.jpg", "1080.jpg")
            files = {
                name: _picture(self._count * 10 + place * 3 + n) for n, name in enumerate(names)
            }
            keep_photo(self._places.content, centre, photo(one), files)
        facts: dict[str, datetime] = {"published_at": NOW - timedelta(hours=self._count), **when}
        post = PhotoArticle(
            publication=Publication(centre=centre, slug=mark, groups=groups, **facts),  # type: ignore[arg-type]  # instants
            title=f"Titre {mark}",
            moment=Moment.WEDNESDAY,
            photos=tuple(PhotoInArticle(id=one, caption=f"Légende {mark}") for one in ids),
        )
        save_new_post(self._places.content, post)
        if withdrawn:
            found = read_centre_of(self._places, centre)
            withdraw_post(self._places.content, found, mark, NOW)
        for one in (mark, *ids):
            if withdrawn or when:
                self._town.never.append(one)
            elif len(groups) == 1:
                self._town.marks[one] = (centre, groups[0])
            else:
                self._town.marks[one] = (centre, None)


def read_centre_of(places: Places, centre: str):  # type: ignore[no-untyped-def]  # noqa: ANN201 (a Centre)
    """The centre of that slug, from the instance's own files."""
    found = TownOnDisk(places.instance)().centre(centre)
    assert found is not None
    return found


def _cookies(settings: Settings, town_url: str, records) -> dict[str, str]:  # type: ignore[no-untyped-def]  # noqa: ANN001 (Records)
    ours = Passes(settings.gate_keys, FAMILY, town_url)
    end = NOW.astimezone(UTC) + timedelta(days=1)

    def profile(
        role: Role,
        schools: tuple[str, ...] = (),
        classes: tuple[tuple[str, str], ...] = (),
        source: str = "demo",
    ) -> Account:
        return account("p", role, schools, classes, source=source)

    def signed(
        who: Account, person: str = "p", passes: Passes = ours, ends_at: datetime = end
    ) -> str:
        records.accept_charter(person, 1, NOW)
        return f"{ours.cookie}={passes.sign(new_pass(replace(who, account=person), '', ends_at))}"

    family = Role.FAMILY
    tilleuls = profile(family, (PREVERT,))
    out = new_pass(tilleuls, "", end)
    records.end_sign_in(out.sign_in, NOW)
    good = signed(tilleuls)
    for person, ends_on in (("ines", None), ("parti", NOW.date() - timedelta(days=1))):
        grant = StaffGrant(person=person, centre=TILLEULS, role=StaffRole.ANIMATOR, ends_on=ends_on)
        records.grant_staff(grant, NOW)
    return {
        "anonyme": "",
        "cookie au hasard": f"{ours.cookie}=bonjour",
        "laissez-passer retouché": good[:-3] + ("AAA" if not good.endswith("AAA") else "BBB"),
        "laissez-passer d'une autre ville": signed(tilleuls, passes=Passes(("x" * 48,), FAMILY, town_url)),
        "laissez-passer de l'espace équipe": signed(tilleuls, passes=Passes(settings.gate_keys, TEAM, town_url)),
        "laissez-passer fini": signed(tilleuls, ends_at=NOW.astimezone(UTC)),
        "famille sortie": f"{ours.cookie}={ours.sign(out)}",
        "famille de ce centre, classe inconnue": signed(profile(family, (PREVERT,), ((PREVERT, "Classe bleue"),))),
        "famille de ce groupe": signed(profile(family, (PREVERT,), ((PREVERT, "CP A"),))),
        "famille d'un autre groupe": signed(profile(family, (MATERNELLE,), ((MATERNELLE, "MS 2"),))),
        "famille d'un autre centre": signed(profile(family, (MICHEL,), ((MICHEL, "CE1"),))),
        "famille de deux centres": signed(profile(family, (PREVERT, MICHEL), ((PREVERT, "CM2 B"),))),
        "classe du même nom dans une autre école": signed(profile(family, (PREVERT,), ((MICHEL, "CP A"),))),
        "enfant de ce groupe": signed(profile(Role.CHILD, (PREVERT,), ((PREVERT, "CM1"),))),
        "famille sans école": signed(profile(family)),
        "famille d'une source inconnue": signed(profile(family, (PREVERT,), source="ailleurs")),
        "enseignante de l'école": signed(profile(Role.TEACHER, (PREVERT,), ((PREVERT, "CP A"),))),
        "agent de la ville": signed(profile(Role.AGENT, (PREVERT,))),
        "animatrice de ce centre": signed(profile(Role.OTHER), "ines"),
        "animateur dont le contrat est fini": signed(profile(Role.OTHER), "parti"),
    }  # fmt: skip


@pytest.fixture(name="town", scope="module")
def _town(tmp_path_factory: pytest.TempPathFactory) -> BuiltTown:
    instance = make_instance(tmp_path_factory.mktemp("acces") / "ville")
    places, settings = Places(instance=instance), read_settings(instance, {})
    assert isinstance(settings, Settings)
    records, on_disk = open_records(settings.database_url), TownOnDisk(instance)
    town = BuiltTown(
        build=places.build,
        gate=make_gate(on_disk, settings, records, lambda: NOW.astimezone(UTC)),
        cookies=_cookies(settings, on_disk().public_url, records),
    )
    author = _Author(places, town)
    for centre in CENTRES:
        author.article(centre, ())
        for group in (PETITS, MOYENS, GRANDS):
            author.article(centre, (group,))
        author.article(centre, (), withdrawn=True)
        author.article(centre, (), published_at=NOW + timedelta(minutes=1))
        author.article(centre, (), ends_at=NOW)
    save_new_post(places.content, reminder())
    save_new_post(places.content, programme())
    for one in on_disk().centres:
        outcome = build_whole(places, on_disk(), one, NOW)
        assert isinstance(outcome, Built), [bad.sentence() for bad in outcome.unfit]
    return town


def _files(town: BuiltTown) -> Iterator[tuple[str, str, bytes]]:
    for centre in CENTRES:
        site = shelf.site_folder(town.build, centre)
        for name in sorted(shelf.files_of(site)):
            yield centre, name, (site / name).read_bytes()


def _space(centre: str, name: str) -> tuple[str, str | None] | str:
    """The space a file is in, worked out from its name by the promise itself."""
    if name.startswith("theme/"):
        return "public"
    folders = name.split("/")
    return (centre, folders[1] if folders[0] == "groupes" else None)


def test_the_table_speaks_of_every_kind_of_visitor(town: BuiltTown) -> None:
    """No visitor is forgotten by the table, none is only in it."""
    assert {row.visitor for row in TABLE} == set(town.cookies)


def test_every_kind_of_file_is_in_the_town(town: BuiltTown) -> None:
    """Pages, photos of two sizes, feeds, style sheets and fonts, in centres and in groups."""
    names = {name for _centre, name, _raw in _files(town)}
    assert {Path(name).suffix for name in names} >= {
        ".html",
        ".jpg",
        ".xml",
        ".css",
        ".woff2",
        ".svg",
    }
    assert len(names) > 100
    assert not any(MASTER in name for name in names)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.visitor)
def test_every_file_goes_to_those_the_table_says_and_to_nobody_else(
    town: BuiltTown, row: Expectation
) -> None:
    """What is allowed is delivered whole; what is not is the very bytes of what does not exist."""
    absent = {
        suffix: town.ask(row.visitor, f"/{TILLEULS}/rien-de-tel{suffix}")
        for suffix in (".html", ".jpg", ".xml")
    }
    for centre, name, raw in _files(town):
        path, space = f"/{centre}/{name}", _space(centre, name)
        status, headers, body = town.ask(row.visitor, path)
        if space == "public" or space in row.reads:
            assert (status, body) == ("200 OK", raw), path
            if space != "public":
                assert headers["Cache-Control"] == "private, no-cache"
                assert town.ask(row.visitor, path, IF_NONE_MATCH=headers["ETag"])[0].startswith(
                    "304"
                )
            continue
        expected_status, expected_headers, expected_body = absent[Path(name).suffix]
        if expected_status.startswith("302"):
            expected_headers = {**expected_headers, "Location": f"/entrer?vers={path}"}
        assert (status, headers, body) == (expected_status, expected_headers, expected_body), path
        assert town.ask(row.visitor, path, "HEAD")[2] == b""
        assert town.ask(row.visitor, path, RANGE="bytes=0-10")[::2] == (status, body)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.visitor)
def test_no_answer_carries_a_mark_of_elsewhere(town: BuiltTown, row: Expectation) -> None:
    """In every body and header: no mark of a space that is not theirs, none of what is not for now."""
    allowed = {mark for mark, space in town.marks.items() if space in row.reads}
    foreign = (set(town.marks) | set(town.never)) - allowed
    seen: set[str] = set()
    for centre, name, _raw in _files(town):
        status, headers, body = town.ask(row.visitor, f"/{centre}/{name}")
        told = (
            body
            + repr({key: value for key, value in headers.items() if key != "Location"}).encode()
        )
        assert not [mark for mark in foreign if mark.encode() in told], (status, name)
        seen |= {mark for mark in allowed if mark.encode() in told}
    assert seen == allowed


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.visitor)
def test_what_is_not_for_now_does_not_exist(town: BuiltTown, row: Expectation) -> None:
    """Withdrawn, to come, ended, masters, the press's own files, other methods: refused to everybody."""
    for centre in CENTRES:
        for mark in town.never:
            for path in (f"/{centre}/articles/{mark}.html", f"/{centre}/photos/{mark}/480.jpg"):
                assert not town.ask(row.visitor, path)[0].startswith("200")
        for path in (
            f"/{centre}/../edition.json", f"/{centre}/edition.json", f"/{centre}/site/index.html",
            f"/{centre}/%2e%2e/edition.json", f"//{centre}/index.html", f"/{centre}//index.html",
            f"/{centre.upper()}/index.html", f"/{centre}/index.html\x00", f"/{centre}/.lock",
        ):  # fmt: skip
            assert not town.ask(row.visitor, path)[0].startswith("200"), path
        assert town.ask(row.visitor, f"/{centre}/index.html", "POST")[0].startswith("405")
