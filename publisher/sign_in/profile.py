"""From what a source says of somebody to an ENT profile. Pure.

ENTs agree on neither names nor shapes: the same fact comes as a text, as a list or as JSON in a
text, and a number means a parent here and a pupil there. Everything becomes a list first; what
is unknown, ambiguous or oversized gives less, never more.
"""

import json
import re
from collections.abc import Iterable, Mapping

from publisher.model.person import EntProfile, Role
from publisher.model.town import SignInSource
from publisher.model.uai import is_uai

DEFAULT_CLAIMS: Mapping[str, str] = {
    "subject": "sub",
    "role": "ENTPersonProfils",
    "schools": "ENTPersonStructRattachUAI",
    "classes": "ENTEleveClasses",
    "given_name": "given_name",
}
"""Where each fact is read from when a source's `claims` says nothing: the names of the SDET."""

_WORDS: Mapping[str, Role] = {
    **dict.fromkeys(
        ("elv", "student", "eleve", "élève", "pupil", "eleve1d", "eleve2d"), Role.CHILD
    ),
    **dict.fromkeys(("tut", "relative", "persreleleve", "parent", "resp1d", "resp2d"), Role.FAMILY),
    **dict.fromkeys(("ens", "doc", "teacher", "enseignant"), Role.TEACHER),
    "col": Role.AGENT,
}
"""The words ENTs use, without `National_` and in lower case. Any other is `Role.OTHER`."""

NUMBERINGS: Mapping[str, Mapping[str, Role]] = {
    "entcore": {"1": Role.CHILD, "2": Role.FAMILY, "3": Role.TEACHER},
    "laclasse": {"1": Role.CHILD, "2": Role.FAMILY, "3": Role.TEACHER},
    "vecteur": {"1": Role.FAMILY, "2": Role.FAMILY, "3": Role.CHILD, "4": Role.CHILD},
}
"""What numeric profiles (`National_2`) mean, by the table a source names as `claims.numbering`.

They conflict between vendors: 1 is a pupil for entcore and a parent in a FrEduVecteur; 4 is an
agent of the town for one and a head teacher for another, hence nobody here.
"""
DEFAULT_NUMBERING = "entcore"

MAX_SCHOOLS = 20
MAX_CLASSES = 40
MAX_TEXT_LENGTH = 60
"""Limits of what is kept, so that a pass fits a cookie (4096 bytes). A parent has a handful."""
MAX_SUBJECT_LENGTH = 255
"""The longest `sub` OpenID Connect allows."""

_PREFIX = re.compile(r"national_", re.IGNORECASE)
_BETWEEN = re.compile(r"[|;]")


def profile_of(source: SignInSource, claims: Mapping[str, object]) -> EntProfile | None:
    """The profile that *claims* of *source* tell, or None when they name nobody.

    A subject that is a UAI names a school, not a person (one ENT's CAS type does that), and is
    refused. Schools and classes are kept for families and children only: nobody else enters by
    them. A class without its school belongs to the only school, and to none if there are several.
    """
    subject = claims.get(_claim(source, "subject"))
    if isinstance(subject, int) and not isinstance(subject, bool):
        subject = str(subject)
    if not isinstance(subject, str):
        return None
    subject = subject.strip()
    if not subject or len(subject) > MAX_SUBJECT_LENGTH or is_uai(subject.upper()):
        return None
    role = _role(as_list(claims.get(_claim(source, "role"))), source)
    schools: frozenset[str] = frozenset()
    classes: frozenset[tuple[str, str]] = frozenset()
    if role in {Role.FAMILY, Role.CHILD}:
        schools = _schools(as_list(claims.get(_claim(source, "schools"))))
        classes = _classes(as_list(claims.get(_claim(source, "classes"))), schools)
    names = as_list(claims.get(_claim(source, "given_name")))
    return EntProfile(
        source=source.name,
        subject=subject,
        role=role,
        schools=schools,
        classes=classes,
        given_name=names[0][:MAX_TEXT_LENGTH] if names else "",
    )


def as_list(value: object) -> tuple[str, ...]:
    """Any claim as texts: a text, a list of texts, JSON in a text, or texts joined by `|` or `;`."""
    if isinstance(value, str):
        text = value.strip()
        if text.startswith("["):
            try:
                decoded = json.loads(text)
            except ValueError:
                return ()
            return as_list(decoded) if isinstance(decoded, list) else ()
        return tuple(part.strip() for part in _BETWEEN.split(text) if part.strip())
    if isinstance(value, bool):
        return ()
    if isinstance(value, int):
        return (str(value),)
    if isinstance(value, list | tuple):
        return tuple(text for one in value if not isinstance(one, list) for text in as_list(one))
    return ()


def _claim(source: SignInSource, fact: str) -> str:
    return source.claims.get(fact, DEFAULT_CLAIMS[fact])


def _role(values: Iterable[str], source: SignInSource) -> Role:
    """The one role all *values* agree on; several different ones are nobody's.

    A teacher who is also a parent has the schools of both in one list: which are the children's
    cannot be told, so none opens.
    """
    numbers = NUMBERINGS.get(source.claims.get("numbering", DEFAULT_NUMBERING), {})
    roles = set()
    for value in values:
        word = _PREFIX.sub("", value).casefold()
        roles.add(numbers.get(word) or _WORDS.get(word, Role.OTHER))
    return roles.pop() if len(roles) == 1 else Role.OTHER


def _schools(values: Iterable[str]) -> frozenset[str]:
    codes = sorted({value.upper() for value in values if is_uai(value.upper())})
    return frozenset(codes[:MAX_SCHOOLS])


def _classes(values: Iterable[str], schools: frozenset[str]) -> frozenset[tuple[str, str]]:
    only = next(iter(schools)) if len(schools) == 1 else None
    found = set()
    for value in values:
        structure, dollar, name = value.partition("$")
        code = structure.strip().upper() if dollar else ""
        school = code if is_uai(code) else only
        name = " ".join((name if dollar else structure).split())
        if school is not None and name and len(name) <= MAX_TEXT_LENGTH:
            found.add((school, name))
    return frozenset(sorted(found)[:MAX_CLASSES])
