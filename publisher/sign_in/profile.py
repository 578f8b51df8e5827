"""From what a source says of somebody to an ENT profile. Pure.

ENTs agree on neither names nor shapes: the same fact comes as a text, as a list or as JSON in a
text, and a number means a parent here and a pupil there. Everything becomes a list first; what
is unknown, ambiguous or oversized gives less, never more.
"""

import json
import re
from collections.abc import Iterable, Mapping

from publisher.model.person import EntProfile, Role
from publisher.model.source import SignInSource
from publisher.model.uai import is_uai

DEFAULT_CLAIMS: Mapping[str, tuple[str, ...]] = {
    "role": ("ENTPersonProfils",),
    "schools": ("ENTPersonStructRattachUAI", "ENTPersonStructRattachRNE"),
    "classes": ("ENTEleveClasses",),
    "children": ("ENTAuxPersRelEleveEleve",),
    "vector": ("FrEduVecteur",),
    "given_name": ("given_name", "givenName"),
}
"""Where each fact is read from when a source's `claims` says nothing: the names of the SDET."""
DEFAULT_SUBJECTS: Mapping[str, tuple[str, ...]] = {
    "oidc": ("sub",),
    "link": ("sub",),
    "cas": ("user",),
    "saml": ("name_id",),
}
"""The same for the subject, by sign-in method: `user` is what stands in `cas:user`, `name_id` a
persistent SAML NameID (the method gives no other)."""

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
"""What numeric profiles (`National_2`) mean, by the table a source names as `numbering`.

They conflict between vendors: 1 is a pupil for entcore and a parent in a FrEduVecteur; 4 is an
agent of the town for one and a head teacher for another, hence nobody here.
"""
VECTOR_NUMBERING = "vecteur"

MAX_SCHOOLS = 20
MAX_CLASSES = 40
MAX_CHILDREN = 20
MAX_TEXT_LENGTH = 60
"""Limits of what is kept, so that a pass fits a cookie (4096 bytes). A parent has a handful."""
MAX_SUBJECT_LENGTH = 255
"""The longest `sub` OpenID Connect allows."""

_PREFIX = re.compile(r"national_", re.IGNORECASE)
_BETWEEN = re.compile(r"[|;]")
_VECTOR = re.compile(r"([1-4])\|[^|]*\|[^|]*\|([^|]*)\|(\d{7}[A-Za-z])\Z")
"""FrEduVecteur: type, name, first name, the child's identifier, UAI; one value a child."""

_MAX_DEPTH = 6
_MAX_VALUES = 2000


def profile_of(source: SignInSource, claims: Mapping[str, object]) -> EntProfile | None:
    """The profile that *claims* of *source* tell, or None when they name nobody.

    A subject that is a UAI names a school, not a person (one ENT's CAS type does that), and is
    refused. Schools, classes and children are kept for families and children only: nobody else
    enters by them. A class without its school belongs to the only school, and to none if there
    are several.
    """
    told = flattened(claims)
    subject = _subject(source, told)
    if subject is None:
        return None
    role, vectors = _role_and_vectors(source, told)
    schools: frozenset[str] = frozenset()
    classes: frozenset[tuple[str, str]] = frozenset()
    children: frozenset[str] = frozenset()
    if role in {Role.FAMILY, Role.CHILD}:
        schools = _schools(
            (*_values(source, told, "schools"), *(school for _type, _child, school in vectors))
        )
        classes = _classes(_values(source, told, "classes"), schools)
    if role is Role.FAMILY:
        children = _children(
            (*_values(source, told, "children"), *(child for _type, child, _school in vectors))
        )
    names = _values(source, told, "given_name")
    return EntProfile(
        source=source.name,
        subject=subject,
        role=role,
        schools=schools,
        classes=classes,
        children=children,
        given_name=names[0][:MAX_TEXT_LENGTH] if names else "",
    )


def missing_facts(source: SignInSource, claims: Mapping[str, object]) -> tuple[str, ...]:
    """The facts an administrator should ask the vendor for: what *claims* do not tell.

    Each with the names it was looked for under, as `role (ENTPersonProfils)`: no value of a
    claim is in it.
    """
    told = flattened(claims)
    profile = profile_of(source, claims)
    missing = []
    if profile is None:
        missing.append("subject")
    if profile is None or profile.role is Role.OTHER:
        missing.append("role")
    if profile is None or not profile.schools:
        missing.append("schools")
    if profile is not None and profile.role not in {Role.FAMILY, Role.CHILD, Role.OTHER}:
        missing = []
    return tuple(
        f"{fact} ({', '.join(_claims(source, fact))}{_what_is_wrong(source, told, fact)})"
        for fact in missing
    )


def flattened(claims: Mapping[str, object]) -> Mapping[str, tuple[str, ...]]:
    """*claims* as texts by name: what is inside another is `outer.inner`, and JSON text is opened.

    `{"structureNodes": [{"UAI": "0920001B"}]}` tells `structureNodes.UAI`. Truths and nothings
    are left out; deeper than 6 levels, or beyond 2 000 values, is left out too.
    """
    found: dict[str, list[str]] = {}
    waiting: list[tuple[str, object, int]] = [(name, claims[name], 0) for name in claims]
    count = 0
    while waiting and count < _MAX_VALUES:
        name, value, depth = waiting.pop(0)
        count += 1
        opened = _opened(value)
        if depth > _MAX_DEPTH or isinstance(opened, bool) or opened is None:
            continue
        if isinstance(opened, Mapping):
            waiting += [(f"{name}.{key}", inner, depth + 1) for key, inner in opened.items()]
        elif isinstance(opened, list | tuple):
            waiting += [(name, inner, depth + 1) for inner in opened]
        elif isinstance(opened, str | int):
            found.setdefault(name, []).append(str(opened))
    return {name: tuple(values) for name, values in found.items()}


def as_list(values: Iterable[str]) -> tuple[str, ...]:
    """Each of *values* that are texts joined by `|` or `;`, on its own, without blanks."""
    return tuple(part.strip() for value in values for part in _BETWEEN.split(value) if part.strip())


def _opened(value: object) -> object:
    """What JSON in a text holds; any other value as it is."""
    if isinstance(value, str) and value.strip()[:1] in {"[", "{"}:
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _claims(source: SignInSource, fact: str) -> tuple[str, ...]:
    default = DEFAULT_SUBJECTS[source.method] if fact == "subject" else DEFAULT_CLAIMS[fact]
    return source.claims.get(fact, default)


def _raw(source: SignInSource, told: Mapping[str, tuple[str, ...]], fact: str) -> tuple[str, ...]:
    """The values of the first claim of *fact* that is there."""
    return next((told[name] for name in _claims(source, fact) if name in told), ())


def _values(
    source: SignInSource, told: Mapping[str, tuple[str, ...]], fact: str
) -> tuple[str, ...]:
    return as_list(_raw(source, told, fact))


def _subject(source: SignInSource, told: Mapping[str, tuple[str, ...]]) -> str | None:
    values = {value.strip() for value in _raw(source, told, "subject")}
    if len(values) != 1:
        return None
    subject = values.pop()
    if not subject or len(subject) > MAX_SUBJECT_LENGTH or is_uai(subject.upper()):
        return None
    return subject


def _what_is_wrong(source: SignInSource, told: Mapping[str, tuple[str, ...]], fact: str) -> str:
    return ": not usable" if _raw(source, told, fact) else ""


def _role_and_vectors(
    source: SignInSource, told: Mapping[str, tuple[str, ...]]
) -> tuple[Role, tuple[tuple[str, str, str], ...]]:
    """The role, and the vectors that agree with it: type, child's identifier, school.

    The vectors say the role only where no claim does.
    """
    texts = [part.strip() for text in _raw(source, told, "vector") for part in text.split(";")]
    matches = [_VECTOR.match(text) for text in texts]
    vectors = tuple((one[1], one[2].strip(), one[3]) for one in matches if one is not None)
    by_type = NUMBERINGS[VECTOR_NUMBERING]
    values = _values(source, told, "role")
    if values:
        role = _role(values, NUMBERINGS.get(source.numbering, {}))
    else:
        role = _role((kind for kind, _child, _school in vectors), by_type)
    return role, tuple(one for one in vectors if by_type[one[0]] is role)


def _role(values: Iterable[str], numbers: Mapping[str, Role]) -> Role:
    """The one role all *values* agree on; several different ones are nobody's.

    A teacher who is also a parent has the schools of both in one list: which are the children's
    cannot be told, so none opens.
    """
    roles = set()
    for value in values:
        word = _PREFIX.sub("", value).casefold()
        roles.add(numbers.get(word) or _WORDS.get(word, Role.OTHER))
    return roles.pop() if len(roles) == 1 else Role.OTHER


def _children(values: Iterable[str]) -> frozenset[str]:
    found = sorted({value for value in values if value and len(value) <= MAX_SUBJECT_LENGTH})
    return frozenset(found[:MAX_CHILDREN])


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
