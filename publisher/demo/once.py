"""The whole way, without a person and through HTTP only: from a phone's photos to a family's screen.

It knows Préau as any client does, by its pages, forms and addresses, and looks at nothing else.
What does not hold is said in French; what was measured is returned in figures.
"""

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from html import unescape
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import requests

from publisher.demo.page import Page, links_of_style, without_fragment

ANIMATOR, CENTRE = "ines", "les-tilleuls"
FAMILY, OTHER_FAMILY = "parent-prevert", "parent-michel"

MAX_PHOTOS: Final = 60
"""Photos of one article: the others of a larger folder are uploaded and shown nowhere."""

_PICTURES: Final = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif", ".heic", ".heif", ".hif"}
)
_HAPPENS_WITHIN_S: Final = 60.0
_LOOKS_EVERY_S: Final = 0.02
_ANSWERS_WITHIN_S: Final = 90.0
_METADATA: Final = (b"Exif\0", b"ICC_PROFILE", b"http://ns.adobe.com", b"Photoshop 3.0")
_GROUPS: Final = "/groupes/"
_CHARTER: Final = "/charte"
_CREATED, _FOUND, _NOT_FOUND = 201, 302, 404


@dataclass(slots=True, kw_only=True)
class Figures:
    """What one walk measured; `failures` are French sentences, none when all of it held."""

    publish_to_visible_s: float | None = None
    upload_s: float = 0.0
    photos_accepted: int = 0
    photos_refused: int = 0
    pages_read: int = 0
    photos_read: int = 0
    bytes_read: int = 0
    refusals_seen: int = 0
    broken_links: int = 0
    failures: list[str] = field(default_factory=list)

    def as_json(self) -> Mapping[str, object]:
        """The figures by name."""
        return {
            "publish_to_visible_s": self.publish_to_visible_s,
            "upload_s": round(self.upload_s, 3),
            "photos_accepted": self.photos_accepted,
            "photos_refused": self.photos_refused,
            "pages_read": self.pages_read,
            "photos_read": self.photos_read,
            "bytes_read": self.bytes_read,
            "refusals_seen": self.refusals_seen,
            "broken_links": self.broken_links,
            "failures": len(self.failures),
        }


class WalkStopped(Exception):
    """A step did not do what the next ones need; the reason is a French sentence."""


def pictures_of(folder: Path) -> list[Path]:
    """The pictures of *folder*, by their names' endings, in order."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in _PICTURES)


def walk(base: str, pictures: list[Path]) -> Figures:
    """Walk the whole way at *base* with *pictures*, and say what held."""
    figures = Figures()
    try:
        _Walk(base.rstrip("/"), figures).whole(pictures)
    except WalkStopped as stopped:
        figures.failures.append(str(stopped))
    except requests.RequestException as error:
        figures.failures.append(f"Préau ne répond pas : {type(error).__name__}.")
    except LookupError as error:
        figures.failures.append(f"Une page n'est pas celle qu'on attend : {error}.")
    return figures


class _Walk:
    """One walk: the animator, the family, the other family, and somebody unknown."""

    def __init__(self, base: str, figures: Figures) -> None:
        self._base, self._figures = base, figures
        self._mark = f"{datetime.now().astimezone():%d/%m %H:%M} {secrets.token_hex(3)}"

    def whole(self, pictures: list[Path]) -> None:
        """Every step, in order."""
        animator = self._signed_in(ANIMATOR, "/equipe")
        family = self._signed_in(FAMILY)
        ids = self._upload(animator, pictures)
        if not ids:
            raise WalkStopped("Aucune photo n'a été acceptée.")
        title = f"Album d'essai {self._mark}"
        receipts = [self._publish_article(animator, family, title, ids[:MAX_PHOTOS])]
        sentence, slot = f"Rappel d'essai {self._mark}", f"Activité d'essai {self._mark}"
        receipts.append(self._publish_reminder(animator, sentence))
        receipts.append(self._publish_programme(animator, slot))
        addresses = [self._online(animator, receipt) for receipt in receipts]
        article, _reminders, programme = addresses
        photos = self._read_article(family, article, len(ids[:MAX_PHOTOS]))
        self._expect(
            sentence in _words(self._page(family, "/")), "Le rappel n'est pas à l'accueil."
        )
        self._expect(
            slot in _words(self._page(family, programme)), "L'activité n'est pas dans le programme."
        )
        protected, others = self._crawl(family, self._base + "/")
        self._expect(
            set(photos) <= protected, "Des photos de l'album ne sont pas reliées depuis l'accueil."
        )
        closed = [article, programme, *(urlsplit(one).path for one in sorted(photos))]
        self._is_refused(self._signed_in(OTHER_FAMILY), "une famille d'un autre centre", closed)
        self._is_refused(requests.Session(), "quelqu'un qui n'est pas entré", closed)
        self._is_refused(family, "une famille d'un autre groupe", sorted(others))

    def _signed_in(self, profile: str, app: str = "") -> requests.Session:
        """A browser in which *profile* of the demo ENT is signed in."""
        session = requests.Session()
        answer = session.get(
            f"{self._base}{app}/entrer/demo",
            params={"vers": f"{app}/", "login_hint": profile},
            timeout=_ANSWERS_WITHIN_S,
        )
        if urlsplit(answer.url).path == _CHARTER:
            answer = session.post(
                self._base + _CHARTER,
                data=Page(answer.url, answer.text).form(_CHARTER).fields,
                headers={"Origin": self._base},
                timeout=_ANSWERS_WITHIN_S,
            )
        here = answer.url.startswith(f"{self._base}{app}/")
        if not here or "/entrer" in answer.url or answer.status_code not in {200, _NOT_FOUND}:
            raise WalkStopped(
                f"« {profile} » n'a pas pu entrer : {answer.status_code}, {answer.url}."
            )
        return session

    def _upload(self, animator: requests.Session, pictures: list[Path]) -> list[str]:
        """Send each picture as the browser does, one request a photo; the ids that were given."""
        token = self._form(animator, "photo-article")["jeton"]
        ids = []
        begun_at = time.perf_counter()
        for picture in pictures:
            answer = animator.post(
                f"{self._base}/equipe/{CENTRE}/photos",
                data=picture.read_bytes(),
                headers={
                    "X-Jeton": token,
                    "Content-Type": "application/octet-stream",
                    "Accept": "application/json",
                },
                timeout=_ANSWERS_WITHIN_S,
            )
            if answer.status_code == _CREATED:
                ids.append(str(answer.json()["id"]))
                self._figures.photos_accepted += 1
            else:
                self._figures.photos_refused += 1
                why = answer.json().get("message", "") if _is_json(answer) else ""
                self._failed(f"{picture.name} est refusée ({answer.status_code}). {why}")
        self._figures.upload_s = time.perf_counter() - begun_at
        return ids

    def _publish_article(
        self, animator: requests.Session, family: requests.Session, title: str, ids: list[str]
    ) -> str:
        """Send the album; measure from the tap to the family's screen. The receipt's address."""
        fields = [
            (name, value)
            for name, value in self._fields(animator, "photo-article")
            if name not in {"photo", "title", "geste"}
        ]
        fields += [("title", title), ("geste", "envoyer")]
        fields += [("photo", one) for one in ids]
        fields += [(f"caption-{one}", f"Photo d'essai {n}") for n, one in enumerate(ids[:-1], 1)]
        fields += [(f"decorative-{ids[-1]}", "oui")]
        begun_at = time.perf_counter()
        receipt = self._sent(animator, "photo-article", fields)
        home = f"{self._base}/"
        self._until(
            lambda: title in _words(family.get(home, timeout=_ANSWERS_WITHIN_S)),
            "L'album n'est pas arrivé sur l'écran de la famille.",
        )
        self._figures.publish_to_visible_s = round(time.perf_counter() - begun_at, 3)
        return receipt

    def _publish_reminder(self, animator: requests.Session, sentence: str) -> str:
        fields = [
            (name, value)
            for name, value in self._fields(animator, "reminder")
            if name not in {"sentence", "pictogram", "geste"}
        ]
        fields += [("sentence", sentence), ("pictogram", "gourde"), ("geste", "envoyer")]
        return self._sent(animator, "reminder", fields)

    def _publish_programme(self, animator: requests.Session, title: str) -> str:
        """Open the week the form proposes, write one activity on its first day, send."""
        address = f"{self._base}/equipe/{CENTRE}/nouveau/programme"
        fields = self._fields(animator, "programme")
        if all(name != "slot-title" for name, _value in fields):
            first_day = dict(fields)["debut"]
            gesture = [("geste", f"ajouter-{first_day}")]
            answer = animator.post(address, data=fields + gesture, timeout=_ANSWERS_WITHIN_S)
            fields = Page(address, answer.text).form("/nouveau/programme").fields
        lines = [number for number, (name, _value) in enumerate(fields) if name == "slot-title"]
        if not lines:
            raise WalkStopped("Le formulaire du programme n'a pas de ligne à remplir.")
        fields[lines[0]] = ("slot-title", title)
        return self._sent(animator, "programme", [*fields, ("geste", "envoyer")])

    def _form(self, animator: requests.Session, kind: str) -> dict[str, str]:
        return dict(self._fields(animator, kind))

    def _fields(self, animator: requests.Session, kind: str) -> list[tuple[str, str]]:
        """What the form of a new *kind* would send as it stands."""
        address = f"{self._base}/equipe/{CENTRE}/nouveau/{kind}"
        answer = animator.get(address, timeout=_ANSWERS_WITHIN_S)
        if not answer.ok:
            raise WalkStopped(f"Le formulaire « {kind} » ne s'ouvre pas : {answer.status_code}.")
        return list(Page(address, answer.text).form(f"/nouveau/{kind}").fields)

    def _sent(self, animator: requests.Session, kind: str, fields: list[tuple[str, str]]) -> str:
        """Send a form; the address of its receipt."""
        answer = animator.post(
            f"{self._base}/equipe/{CENTRE}/nouveau/{kind}",
            data=fields,
            timeout=_ANSWERS_WITHIN_S,
            allow_redirects=False,
        )
        if not answer.is_redirect:
            raise WalkStopped(f"L'envoi de « {kind} » n'a pas été accepté : {answer.status_code}.")
        return self._base + urlsplit(answer.headers["Location"]).path

    def _online(self, animator: requests.Session, receipt: str) -> str:
        """Wait until the receipt says online; the path at which families read it."""
        state: dict[str, str] = {}

        def is_online() -> bool:
            state.update(animator.get(f"{receipt}etat", timeout=_ANSWERS_WITHIN_S).json())
            return state["state"] == "online"

        self._until(is_online, "Le reçu ne dit pas que c'est en ligne.")
        return state["address"]

    def _page(self, family: requests.Session, path: str) -> requests.Response:
        return family.get(self._base + path, timeout=_ANSWERS_WITHIN_S)

    def _read_article(self, family: requests.Session, path: str, count: int) -> set[str]:
        """The addresses of the album's photos, every rendition of each."""
        answer = self._page(family, path)
        page = Page(self._base + path, answer.text)
        photos = {link for link in page.links if "/photos/" in link}
        shown = len({link.rsplit("/", 1)[0] for link in photos})
        self._expect(answer.ok, f"La famille n'ouvre pas l'album : {answer.status_code}.")
        self._expect(shown == count, f"L'album montre {shown} photos au lieu de {count}.")
        return photos

    def _crawl(self, family: requests.Session, home: str) -> tuple[set[str], set[str]]:
        """Read every page, photo and file that the family's home leads to.

        Gives all that was read, and the paths of other groups' pages that were met: a centre's
        page names all its groups, and each opens to its own families only.
        """
        waiting, seen, others = [home], {home}, set[str]()
        own = urlsplit(family.get(home, timeout=_ANSWERS_WITHIN_S).url).path
        ids: dict[str, set[str]] = {}
        places: list[tuple[str, str]] = []
        while waiting:
            address = waiting.pop()
            answer = family.get(address, timeout=_ANSWERS_WITHIN_S)
            self._figures.bytes_read += len(answer.content)
            if not answer.ok:
                self._broken(address, answer.status_code)
                continue
            for link in self._links(address, answer, ids):
                bare, fragment = without_fragment(link)
                if fragment:
                    places.append((bare, fragment))
                path = urlsplit(bare).path
                if _GROUPS in path and not path.startswith(own):
                    others.add(path)
                elif bare not in seen and self._is_read(bare):
                    seen.add(bare)
                    waiting.append(bare)
        for bare, fragment in sorted(set(places)):
            if bare in ids and fragment not in ids[bare]:
                self._broken(f"{bare}#{fragment}", None)
        return seen, others

    def _links(
        self, address: str, answer: requests.Response, ids: dict[str, set[str]]
    ) -> tuple[str, ...]:
        """Where one answer leads; pages and photos are counted and looked at on the way."""
        kind = answer.headers.get("Content-Type", "").partition(";")[0]
        if kind == "image/jpeg":
            self._figures.photos_read += 1
            carried = [mark for mark in _METADATA if mark in answer.content]
            self._expect(not carried, f"Des métadonnées sont dans {address}.")
        elif kind == "text/css":
            return links_of_style(answer.url, answer.text)
        elif kind in {"text/html", "image/svg+xml"}:
            page = Page(answer.url, answer.text)
            ids[address] = ids[answer.url] = page.ids
            if kind == "text/html":
                self._figures.pages_read += 1
                self._expect(
                    not page.pictures_without_alt,
                    f"Une image n'a pas de texte de remplacement dans {address}.",
                )
                return page.links
        return ()

    def _is_read(self, address: str) -> bool:
        """Say whether a family's reading goes there: our own addresses, but the ways out."""
        path = urlsplit(address).path
        return address.startswith(f"{self._base}/") and not path.startswith(
            ("/equipe", "/sortir", "/entrer", "/relier", "/retour")
        )

    def _is_refused(self, session: requests.Session, who: str, paths: list[str]) -> None:
        """Ask for each of *paths*: never the thing, and the same answer as for what does not exist."""
        for path in paths:
            stem, dot, ending = path.rpartition(".")
            nowhere = f"{stem}-nulle-part{dot}{ending}"
            asked, absent = (
                session.get(self._base + one, timeout=_ANSWERS_WITHIN_S, allow_redirects=False)
                for one in (path, nowhere)
            )
            if asked.status_code not in {_FOUND, _NOT_FOUND}:
                self._failed(f"{who} a ouvert {path} ({asked.status_code}).")
                continue
            self._figures.refusals_seen += 1
            same = (asked.status_code, asked.content.replace(path.encode(), b"")) == (
                absent.status_code,
                absent.content.replace(nowhere.encode(), b""),
            )
            self._expect(same, f"Le refus dit à {who} que {path} existe.")

    def _broken(self, address: str, status: int | None) -> None:
        self._figures.broken_links += 1
        said = "absent de la page" if status is None else f"réponse {status}"
        self._failed(f"Lien cassé : {address} ({said}).")

    def _until(self, is_so: Callable[[], bool], otherwise: str) -> None:
        ends_at = time.monotonic() + _HAPPENS_WITHIN_S
        while not is_so():
            if time.monotonic() > ends_at:
                raise WalkStopped(otherwise)
            time.sleep(_LOOKS_EVERY_S)

    def _expect(self, is_so: object, otherwise: str) -> None:
        if not is_so:
            self._failed(otherwise)

    def _failed(self, sentence: str) -> None:
        self._figures.failures.append(sentence)


def _words(answer: requests.Response) -> str:
    """The text of a page, its apostrophes as one reads them."""
    return unescape(answer.text)


def _is_json(answer: requests.Response) -> bool:
    return answer.headers.get("Content-Type", "").startswith("application/json")
