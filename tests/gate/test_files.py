"""Files of a built site: one spelling, no link followed, nothing but what is there."""

import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publisher.gate.places import CONTENT_TYPES
from publisher.gate.small_files import open_below
from publisher.model.person import Role
from tests.gate.conftest import SITE, Instance

PHOTO = "/les-tilleuls/photos/aaaaaaaaaaaaaaaaaaaaaaaaaa/480.jpg"


@pytest.mark.parametrize(
    ("path", "name", "content_type"),
    [
        ("/les-tilleuls/", "index.html", "text/html; charset=utf-8"),
        ("/les-tilleuls/index.html", "index.html", "text/html; charset=utf-8"),
        ("/les-tilleuls/programmes/", "programmes/index.html", "text/html; charset=utf-8"),
        ("/les-tilleuls/groupes/", "groupes/index.html", "text/html; charset=utf-8"),
        (PHOTO, PHOTO.removeprefix("/les-tilleuls/"), "image/jpeg"),
        ("/les-tilleuls/flux.xml", "flux.xml", "application/xml; charset=utf-8"),
    ],
)
def test_a_family_reads_its_centre(
    still: Instance, path: str, name: str, content_type: str
) -> None:
    """The bytes of the site, their type, and a cache that asks again each time."""
    reply = still.visitor().ask(path)
    assert (reply.status, reply.body) == (200, SITE[name])
    assert reply.headers["content-type"] == content_type
    assert reply.headers["content-length"] == str(len(SITE[name]))
    assert reply.headers["cache-control"] == "private, no-cache"
    assert reply.headers["vary"] == "Cookie"


def test_head_is_get_without_its_body(instance: Instance) -> None:
    """The same headers, and not one byte."""
    family = instance.visitor()
    for path in (PHOTO, "/les-tilleuls/absente.html", "/", "/entrer", "/sante"):
        got, head = family.ask(path), family.ask(path, "HEAD")
        assert (head.status, head.body) == (got.status, b""), path
        assert head.headers == got.headers


def test_what_the_browser_has_is_not_sent_again(instance: Instance) -> None:
    """304 without a body for a known validator, and the whole file when it was replaced."""
    family = instance.visitor()
    etag = family.ask(PHOTO).headers["etag"]
    assert not etag.startswith("W/")
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = family.ask(PHOTO, IF_NONE_MATCH=known)
        assert (again.status, again.body) == (304, b"")
        assert again.headers["etag"] == etag
        assert again.headers["cache-control"] == "private, no-cache"
    target = instance.site / PHOTO.removeprefix("/les-tilleuls/")
    beside = target.with_suffix(".new")
    beside.write_bytes(b"\xff\xd8 another")
    # The same dates and the same length: only the file itself is another.
    facts = target.stat()
    beside.write_bytes(b"\xff\xd8 other")
    os.utime(beside, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    beside.replace(target)
    changed = family.ask(PHOTO, IF_NONE_MATCH=etag)
    assert (changed.status, changed.body) == (200, b"\xff\xd8 other")


def test_a_known_validator_is_no_pass(instance: Instance) -> None:
    """Whoever lost the right is refused, even for what their browser still has."""
    etag = instance.visitor().ask(PHOTO).headers["etag"]
    other = instance.visitor(schools=("0310001H",)).ask(PHOTO, IF_NONE_MATCH=etag)
    assert other.status == 404


def test_a_part_is_never_sent(instance: Instance) -> None:
    """Range is ignored: the whole file, or the whole refusal."""
    assert instance.visitor().ask(PHOTO, RANGE="bytes=0-1").body == b"\xff\xd8 photo"
    refused = instance.anonymous().ask(PHOTO, RANGE="bytes=0-1")
    assert refused.body == instance.anonymous().ask(PHOTO).body


def _spellings(path: str) -> list[str]:
    """The same file, spelled otherwise, as WSGI would hand it over."""
    folder, _slash, name = path.rpartition("/")
    return [
        f"/{path}",
        path.replace("/photos", "//photos"),
        path.replace("/photos", "/./photos"),
        path.replace("/photos", "/x/../photos"),
        path.replace("/photos", "/%2e/photos"),
        path.replace("/photos", "%2fphotos"),
        path.replace("/photos", "/..%2fles-tilleuls/photos"),
        path.replace("/photos", "\\photos"),
        path.replace("/photos", "%5cphotos"),
        path.replace("/photos", "/photos;x=1"),
        path.replace("/photos", "/PHOTOS"),
        path.replace("/les-tilleuls", "/Les-Tilleuls"),
        path.replace("/les-tilleuls", "/la-grande-ourse/../les-tilleuls"),
        f"{path};jsessionid=1",
        f"{path}/",
        f"{path}.",
        f"{path}%00",
        f"{path}\x00",
        f"{path}\x00.html",
        f"{path} ",
        f"{path}%20",
        f"{path}\n",
        f"{path}#x",
        f"{folder}/{unicodedata.normalize('NFD', 'é')}{name}",
        f"{folder}/{name.replace('j', 'ｊ')}",
        f"{folder}/\xc0\xae{name}",
        path[1:],
        f"http://127.0.0.1{path}",
        f"/theme/..{path}",
        f"/theme/%2e%2e{path}",
        f"/{'x' * 600}{path}",
    ]


@pytest.mark.parametrize("path", _spellings(PHOTO))
def test_any_other_spelling_is_refused_to_all(still: Instance, path: str) -> None:
    """A file has one address: no other way of writing it opens it, even to its own family."""
    for browser in (
        still.anonymous(),
        still.visitor(schools=("0310001H",)),
        still.visitor(),
    ):
        reply = browser.ask(path)
        assert reply.status in {302, 404}
        assert b"photo" not in reply.body.replace(b"photos", b"").replace(
            b"retirer-une-photo", b""
        ).replace(b"retirer une photo", b"")


def test_decided_and_served_are_the_same_path(instance: Instance) -> None:
    """A family of another centre gets nothing by way of its own, whatever stands between."""
    other = instance.visitor(schools=("0310001H",))
    assert other.ask("/la-grande-ourse/index.html").status == 200
    for between in ("..", "%2e%2e", "..%2f", "..;", "..\\", ".%00./"):
        assert other.ask(f"/la-grande-ourse/{between}/les-tilleuls/index.html").status == 404


def test_a_group_is_not_its_centre(instance: Instance) -> None:
    """A group's pages and photos open with the group alone."""
    inside = "/les-tilleuls/groupes/moyens/photos/bbbbbbbbbbbbbbbbbbbbbbbbbb/480.jpg"
    of_the_group = instance.visitor(classes=(("0920001B", "CP A"),))
    assert of_the_group.ask(inside).status == 200
    assert of_the_group.ask("/les-tilleuls/groupes/moyens/").status == 200
    for path in (inside, "/les-tilleuls/groupes/moyens/", "/les-tilleuls/groupes/moyens"):
        assert instance.visitor().ask(path).status == 404


def test_the_theme_is_for_everybody_and_for_ever(instance: Instance) -> None:
    """Files below a digest are kept a year; others ten minutes; a group's folder is no theme."""
    anonymous = instance.anonymous()
    style = anonymous.ask("/les-tilleuls/theme/0123456789ab/preau.css")
    assert (style.status, style.body) == (200, b"body{}")
    assert style.headers["cache-control"] == "public, max-age=31536000, immutable"
    plain = anonymous.ask("/les-tilleuls/theme/sans-empreinte.css")
    assert plain.headers["cache-control"] == "public, max-age=600"
    assert anonymous.ask("/les-tilleuls/groupes/moyens/theme/x.css").status == 404
    assert anonymous.ask("/theme/preau.css").headers["content-type"] == "text/css; charset=utf-8"
    assert anonymous.ask("/theme/img/pictos.svg").status == 200
    assert anonymous.ask("/theme/absent.css").status == 404
    assert anonymous.ask("/les-tilleuls/theme/absent.css").status == 404


@pytest.mark.parametrize("name", ["sauvegarde.zip", "sans-extension"])
def test_an_unknown_extension_is_refused(still: Instance, name: str) -> None:
    """What has no type in the table is not handed over, even though it is there."""
    family = still.visitor()
    assert family.ask(f"/les-tilleuls/{name}").status == 404
    assert Path(name).suffix not in CONTENT_TYPES


def test_no_link_is_followed(instance: Instance) -> None:
    """A symbolic link in the site, to a file or a folder, near or far, is not there."""
    site, family = instance.site, instance.visitor()
    secret = instance.folder / "keys" / "gate.key"
    (site / "lien.txt").symlink_to(secret)
    (site / "proche.html").symlink_to(site / "index.html")
    (site / "dossier").symlink_to(instance.folder / "build" / "la-grande-ourse" / "site")
    (site / "autre-photos").symlink_to(site / "photos")
    for path in (
        "lien.txt",
        "proche.html",
        "dossier/index.html",
        "autre-photos/aaaaaaaaaaaaaaaaaaaaaaaaaa/480.jpg",
    ):
        assert family.ask(f"/les-tilleuls/{path}").status == 404, path
    site.rename(site.with_name("moved"))
    site.symlink_to(site.with_name("moved"))
    assert family.ask("/les-tilleuls/index.html").status == 404


def test_only_regular_files_are_handed_over(instance: Instance) -> None:
    """A folder, a named pipe or a socket is not there, and nobody waits for a writer."""
    (instance.site / "dossier.html").mkdir()
    os.mkfifo(instance.site / "tuyau.html")
    family = instance.visitor()
    assert family.ask("/les-tilleuls/dossier.html").status == 404
    assert family.ask("/les-tilleuls/tuyau.html").status == 404


def test_no_descriptor_is_left_open(instance: Instance) -> None:
    """Whatever is asked, every descriptor of the site that was opened is closed."""
    family = instance.visitor()
    (instance.site / "dossier.html").mkdir()
    for path in (PHOTO, "absente.html", "dossier.html", "photos", ""):
        asked = path if path == PHOTO else f"/les-tilleuls/{path}"
        family.ask(asked)
        family.ask(asked, IF_NONE_MATCH="*")
    build = str(instance.folder / "build")
    held = [one.readlink() for one in Path("/proc/self/fd").iterdir() if one.is_symlink()]
    assert not [target for target in held if str(target).startswith(build)]


def test_a_disk_error_is_not_absence(tmp_path: Path) -> None:
    """What cannot be read for another reason than absence is raised, to be logged and refused."""
    (tmp_path / "a").mkdir()
    assert open_below(str(tmp_path), ("a", "absent.html")) is None
    assert open_below(str(tmp_path), ("absent", "a.html")) is None
    with pytest.raises(ValueError, match="null"):
        open_below(str(tmp_path), ("a", "b\x00.html"))


@pytest.mark.parametrize(
    "pair",
    [
        ("/les-tilleuls/index.html", "/les-tilleuls/absente.html"),
        ("/les-tilleuls/", "/nulle-part/"),
        (PHOTO, "/les-tilleuls/photos/zzzzzzzzzzzzzzzzzzzzzzzzzz/480.jpg"),
        (PHOTO, "/nulle-part/photos/aaaaaaaaaaaaaaaaaaaaaaaaaa/480.jpg"),
        (PHOTO, "/a/b"),
        ("/les-tilleuls/groupes/moyens/index.html", "/les-tilleuls/groupes/rien/index.html"),
        ("/les-tilleuls/sauvegarde.zip", "/les-tilleuls/absente.zip"),
        ("/les-tilleuls/flux.xml", "/les-tilleuls/../flux.xml"),
    ],
)
def test_forbidden_and_absent_are_the_same_bytes(still: Instance, pair: tuple[str, str]) -> None:
    """Status, headers and body: nothing tells what is another's from what does not exist."""
    for browser in (
        still.anonymous(),
        still.visitor(schools=("0310001H",)),
        still.visitor(role=Role.OTHER, schools=()),
    ):
        there, absent = (browser.ask(path) for path in pair)
        if there.status == 302:
            assert absent.status == 302
            assert there.headers.pop("location") == f"/entrer?vers={pair[0]}"
            assert absent.headers.pop("location") == f"/entrer?vers={pair[1]}"
        assert there == absent


def test_absent_from_ones_own_centre_is_as_forbidden_in_anothers(still: Instance) -> None:
    """One refusal, whichever centre the path is in and whether or not the file is there."""
    for browser in (still.visitor(), still.visitor(classes=(("0920001B", "CP A"),))):
        replies = [
            browser.ask(path)
            for path in (
                "/la-grande-ourse/index.html",
                "/la-grande-ourse/absente.html",
                "/les-tilleuls/absente.html",
                "/les-tilleuls/sauvegarde.zip",
                "/les-tilleuls/groupes/grands/index.html",
                "/les-tilleuls/theme/absent.css",
                "/theme/absent.css",
                "/ville/absente.html",
                "/absente.html",
                "/les-tilleuls/../x",
            )
        ]
        assert replies[0].status == 404
        assert all(reply == replies[0] for reply in replies)


def test_another_method_is_refused_alike_everywhere(instance: Instance) -> None:
    """405 with the same bytes, whether the path is theirs, another's or nobody's."""
    family = instance.visitor()
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get", ""):
        replies = [
            browser.ask(path, method)
            for path in (PHOTO, "/nulle-part/x.html", "/les-tilleuls/../x", "/", "/entrer")
            for browser in (family, instance.anonymous())
        ]
        assert {reply.status for reply in replies} == {405}
        assert all(reply == replies[0] for reply in replies)


def test_a_centre_without_its_slash_leads_to_it(instance: Instance) -> None:
    """Any name that could be a centre's does, so that nothing is told of those that are."""
    for name in ("les-tilleuls", "nulle-part"):
        for browser in (instance.anonymous(), instance.visitor()):
            reply = browser.ask(f"/{name}")
            assert (reply.status, reply.location) == (308, f"/{name}/")


@settings(
    deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(tail=st.text(st.sampled_from("./\\%2eEfF5cC;~\x00 ébB-_ax?0"), max_size=20))
def test_no_text_after_the_centre_reaches_another_file(still: Instance, tail: str) -> None:
    """Whatever one writes, a family of another centre is handed none of this one's files."""
    other = still.visitor(schools=("0310001H",))
    for path in (f"/les-tilleuls/{tail}", f"/la-grande-ourse/{tail}les-tilleuls/index.html"):
        reply = other.ask(path.replace("?", ""))
        assert reply.body not in set(SITE.values()) or path.replace("?", "") in {
            f"/la-grande-ourse/{name}" for name in SITE
        }
