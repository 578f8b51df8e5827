"""The walk without a person: what it measures, and what it does not let pass."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests
from PIL import Image

from publisher.demo.once import Figures, _Walk, pictures_of
from publisher.demo.phone_photos import phone_photo

PROJECT = Path(__file__).resolve().parents[2]
EVERY_FIGURE = {
    "publish_to_visible_s",
    "photos_accepted",
    "photos_refused",
    "pages_read",
    "bytes_read",
    "refusals_seen",
    "broken_links",
}


def once(photos: Path) -> tuple[int, Mapping[str, float], str]:
    """The exit code, the figures of the last line, and what was said, of `--once` with *photos*."""
    command = [sys.executable, "-m", "publisher.demo", "--once", "--photos", str(photos)]
    ended = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    lines = ended.stdout.splitlines()
    return ended.returncode, json.loads(lines[-1]) if lines else {}, ended.stderr


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with a JPEG and a HEIC, turned, with GPS, and a file that is no picture."""
    folder = tmp_path / "photos"
    folder.mkdir()
    upright = Image.effect_mandelbrot((1200, 900), (-2, -1, 1, 1), 60).convert("RGB")
    (folder / "IMG_1.JPG").write_bytes(phone_photo(upright=upright, orientation=6, heic=False))
    (folder / "IMG_2.HEIC").write_bytes(phone_photo(upright=upright, orientation=3, heic=True))
    (folder / "lisez-moi.txt").write_text("pas une photo", encoding="utf-8")
    return folder


def test_the_whole_way_holds(photos: Path) -> None:
    """From upload to a family's screen, every figure is there and nothing failed."""
    code, figures, said = once(photos)
    assert code == 0, said
    assert figures.keys() >= EVERY_FIGURE
    assert figures["publish_to_visible_s"] > 0
    assert (figures["photos_accepted"], figures["photos_refused"]) == (2, 0)
    assert figures["pages_read"] > 10
    assert figures["bytes_read"] > 100_000
    # the album, the programme and two sizes of two photos, for two visitors; two other groups
    assert figures["refusals_seen"] == 2 * (2 + 4) + 2
    assert figures["broken_links"] == 0


def test_a_refused_photo_is_named_and_the_rest_goes_on(photos: Path) -> None:
    """A photo that is cut short makes the walk fail, says which and why, and stops nothing else."""
    whole = (photos / "IMG_1.JPG").read_bytes()
    (photos / "IMG_3.JPG").write_bytes(whole[: len(whole) // 2])
    code, figures, said = once(photos)
    assert code == 1
    assert "IMG_3.JPG est refusée (422). Cette photo est abîmée ou incomplète." in said
    assert (figures["photos_accepted"], figures["photos_refused"]) == (2, 1)
    assert figures["broken_links"] == 0
    assert figures["failures"] == 1


@pytest.mark.parametrize("folder", ["absent", "vide"])
def test_a_folder_without_photos_is_said(tmp_path: Path, folder: str) -> None:
    """Without a folder of photos nothing starts, and the sentence says what to do."""
    (tmp_path / "vide").mkdir()
    code, _figures, said = once(tmp_path / folder)
    assert code == 2
    assert "photo" in said


def test_only_pictures_are_sent(photos: Path) -> None:
    """Other files of the folder are left aside; the order is that of the names."""
    assert [path.name for path in pictures_of(photos)] == ["IMG_1.JPG", "IMG_2.HEIC"]


@contextmanager
def site(answers: Mapping[str, tuple[int, str, bytes]]) -> Iterator[str]:
    """A small site: each path's status, content type and bytes; 404 elsewhere."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, kind, content = answers.get(self.path, (404, "text/html", b"refus"))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_said: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("answer", "failures", "refusals"),
    [
        ((404, "text/html", b"refus"), 0, 1),
        ((200, "image/jpeg", b"la photo"), 1, 0),
        ((404, "text/html", b"interdit"), 1, 1),
        ((403, "text/html", b"refus"), 1, 0),
    ],
    ids=["refused", "opened", "tells apart", "another status"],
)
def test_a_door_left_open_is_seen(
    answer: tuple[int, str, bytes], failures: int, refusals: int
) -> None:
    """What opens, and a refusal that says that the thing exists, are both failures."""
    with site({"/a/photos/x/480.jpg": answer}) as base:
        figures = Figures()
        _Walk(base, figures)._is_refused(requests.Session(), "quelqu'un", ["/a/photos/x/480.jpg"])
    assert (len(figures.failures), figures.refusals_seen) == (failures, refusals)


@pytest.mark.parametrize(
    ("page", "broken", "failures"),
    [
        (b'<a href="b.html">b</a>', 0, 0),
        (b'<a href="b.html#la">b</a>', 0, 0),
        (b'<a href="b.html#ailleurs">b</a>', 1, 1),
        (b'<a href="c.html">c</a>', 1, 1),
        (b'<img src="p.jpg" alt="">', 0, 0),
        (b'<img src="p.jpg">', 0, 1),
        (b'<img src="gps.jpg" alt="">', 0, 1),
        (b'<img srcset="absente.jpg 480w" alt="">', 1, 1),
    ],
)
def test_what_is_wrong_in_a_page_is_seen(page: bytes, broken: int, failures: int) -> None:
    """Broken links and places, images without text, metadata in a photo."""
    answers = {
        "/a/": (200, "text/html; charset=utf-8", page),
        "/a/b.html": (200, "text/html", b'<p id="la">'),
        "/a/p.jpg": (200, "image/jpeg", b"\xff\xd8pixels"),
        "/a/gps.jpg": (200, "image/jpeg", b"\xff\xd8\xff\xe1..Exif\0\0"),
    }
    with site(answers) as base:
        figures = Figures()
        _Walk(base, figures)._crawl(requests.Session(), f"{base}/a/")
    assert (figures.broken_links, len(figures.failures)) == (broken, failures)
