"""Passwords of Préau's own accounts: what is refused, and how they are kept.

CNIL, délibération 2022-100: 12 characters at least, tries limited, nothing kept that leads back.
No rule of composition: a short sentence is better than « P@ssw0rd2026 ».
"""

import re
import unicodedata
from collections.abc import Iterable
from threading import BoundedSemaphore
from typing import Protocol

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from publisher.model.mistake import Mistake
from publisher.model.mistake import in_french as _
from publisher.sign_in.commonest import COMMONEST

MIN_LENGTH = 12
MAX_LENGTH = 256
"""Characters. The most, so that nobody makes the server digest a book."""
MIN_IDENTIFIER, MAX_IDENTIFIER = 3, 80
FEWEST_DIFFERENT = 5
"""`aaaaaaaaaaaa` and `121212121212` are what anybody tries."""
HASHES_AT_ONCE = 2
"""Each takes 64 MiB for a twentieth of a second: a crowd at the door waits, and does not fill
the memory."""

_NOT_LETTERS = re.compile(r"[^a-z]+")


class Digests(Protocol):
    """What makes and checks the digest of a password."""

    def hash(self, password: str) -> str:
        """A digest that carries its own salt and costs."""

    def verify(self, hash: str, password: str) -> bool:  # noqa: A002 (the library's name)
        """Say yes, or raise."""

    def check_needs_rehash(self, hash: str) -> bool:  # noqa: A002 (the library's name)
        """Say whether the digest was made at another cost."""


def normal_identifier(typed: str) -> str:
    """*typed* as everybody writes it the second time: without capitals nor blanks around it."""
    return unicodedata.normalize("NFKC", typed).strip().casefold()


def wrong_identifier(typed: str) -> Mistake | None:
    """What is wrong with an identifier somebody chose."""
    if MIN_IDENTIFIER <= len(normal_identifier(typed)) <= MAX_IDENTIFIER:
        return None
    return Mistake(
        where="identifiant",
        says=_("Choisissez un identifiant de {least} à {most} caractères, facile à retenir."),
        facts={"least": MIN_IDENTIFIER, "most": MAX_IDENTIFIER},
    )


def wrong_password(typed: str, identifier: str, around: Iterable[str] = ()) -> Mistake | None:
    """What is wrong with a password somebody chose beside *identifier*, or None.

    *around* are words anybody would try here: the town, the centre.
    """
    password = _normal(typed)
    if len(password) < MIN_LENGTH:
        return Mistake(
            where="mot_de_passe",
            says=_(
                "Il faut au moins {least} caractères. Quelques mots à vous, à la suite, font très bien l'affaire."
            ),
            facts={"least": MIN_LENGTH},
        )
    if len(password) > MAX_LENGTH:
        return Mistake(
            where="mot_de_passe",
            says=_("Pas plus de {most} caractères."),
            facts={"most": MAX_LENGTH},
        )
    folded = password.casefold()
    name = normal_identifier(identifier)
    if name and (name in folded or folded in name):
        return Mistake(
            where="mot_de_passe",
            says=_("Le mot de passe contient votre identifiant. Choisissez autre chose."),
        )
    if _is_common(folded, around):
        return Mistake(
            where="mot_de_passe",
            says=_(
                "Ce mot de passe est l'un des premiers que l'on essaie. Prenez plutôt quelques mots sans rapport entre eux."
            ),
        )
    return None


class Passwords:
    """Makes and checks digests with argon2id, a few at a time."""

    def __init__(self, digests: Digests | None = None) -> None:
        """Use *digests*: argon2id at the costs of RFC 9106 for little memory, unless told."""
        self._digests: Digests = digests or PasswordHasher()
        self._turns = BoundedSemaphore(HASHES_AT_ONCE)
        self._nobodys = self._digests.hash("nobody has this password")

    def digest(self, password: str) -> str:
        """The digest to keep."""
        with self._turns:
            return self._digests.hash(_normal(password))

    def is_right(self, kept: str | None, password: str) -> bool:
        """Say whether *password* is the one whose digest was *kept*.

        Without one (no such account), as long is spent on a digest that is nobody's.
        """
        try:
            with self._turns:
                matches = self._digests.verify(
                    self._nobodys if kept is None else kept, _normal(password)[: MAX_LENGTH + 1]
                )
        except (VerificationError, InvalidHashError):
            return False
        return matches and kept is not None

    def is_old(self, kept: str) -> bool:
        """Say whether the digest should be made again, costs having changed."""
        return self._digests.check_needs_rehash(kept)


def _normal(password: str) -> str:
    """One spelling for what keyboards write in several ways (NIST SP 800-63B, 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


def _is_common(folded: str, around: Iterable[str]) -> bool:
    if len(set(folded)) < FEWEST_DIFFERENT or folded in COMMONEST:
        return True
    plain = unicodedata.normalize("NFD", folded)
    core = _NOT_LETTERS.sub("", plain.encode("ascii", "ignore").decode())
    words = {_NOT_LETTERS.sub("", _unaccented(one)) for one in around} - {""}
    return core in COMMONEST or core in words


def _unaccented(text: str) -> str:
    folded = unicodedata.normalize("NFD", text.casefold())
    return folded.encode("ascii", "ignore").decode()
