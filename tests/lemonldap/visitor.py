"""Somebody at the provider's sign-in page, without a browser: one session of `requests`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urljoin, urlsplit

import requests

from tests.lemonldap.people import PASSWORD, Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """How the provider sends a person back: by a redirection, or by a form their browser posts."""

    address: str
    fields: Mapping[str, str]


class Visitor:
    """One person, and the provider's cookies."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.session = requests.Session()

    def sign_in(self, address: str) -> Return:
        """Open *address* at the provider, sign in if asked, and go no further than its site."""
        answer = self._open(self.session.get(address, allow_redirects=False, timeout=20))
        if isinstance(answer, Return):
            return answer
        form = _form_of(answer.text)
        assert "password" in form.fields, f"no sign-in form: {_said(answer)}"
        typed = {**form.fields, "user": self.person.login, "password": PASSWORD}
        answer = self._open(
            self.session.post(
                urljoin(answer.url, form.action), data=typed, allow_redirects=False, timeout=20
            )
        )
        assert isinstance(answer, Return), f"the sign-in went nowhere: {_said(answer)}"
        return answer

    def sign_out(self, address: str) -> None:
        """End the session at the provider, loading what its page embeds as a browser does.

        There the applications are told: in an iframe, or by the provider when an image is asked.
        """
        page = self._open(self.session.get(address, allow_redirects=False, timeout=20))
        assert isinstance(page, requests.Response), page
        for told in re.findall(r'<(?:iframe|img)[^>]* src="([^"]+)"', page.text):
            self.session.get(urljoin(page.url, unescape(told)), timeout=20)

    def _open(self, answer: requests.Response) -> "requests.Response | Return":
        """Follow redirections inside the provider's site, until a page or the way out of it."""
        while "Location" in answer.headers:
            address = urljoin(answer.url, answer.headers["Location"])
            if urlsplit(address).netloc != urlsplit(answer.url).netloc:
                return Return(address=address, fields=dict(parse_qsl(urlsplit(address).query)))
            answer = self.session.get(address, allow_redirects=False, timeout=20)
        form = _form_of(answer.text)
        if urlsplit(form.action).netloc not in {"", urlsplit(answer.url).netloc}:
            return Return(address=form.action, fields=form.fields)
        return answer


class _Form(HTMLParser):
    """The address and the fields of a page's one form."""

    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a form's address, and what a field would send as it stands."""
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = told.get("action", "")
        elif tag == "input" and "name" in told and told.get("type") != "checkbox":
            self.fields[told["name"]] = told.get("value", "")


def _form_of(page: str) -> _Form:
    form = _Form()
    form.feed(page)
    return form


def _said(answer: requests.Response) -> str:
    """The message a page of the provider shows, which it names by a number."""
    message = re.search(r'trmsg="(\d+)"', answer.text)
    return f"{answer.status_code} {answer.url} message {message and message[1]}"
