"""The people that the tests' LemonLDAP::NG knows: invented, with names found nowhere else.

A search of everything an instance kept for `NAMES` and `SUBJECTS` therefore shows a leak, and only
a leak. The schools are those of `tests.instance`.
"""

from dataclasses import dataclass

PASSWORD = "trois-petits-chats"
"""Everybody's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody, by the attributes of the SDET: a tuple is one with several values.

    `uid` is what never changes (`ENTPersonUid`), and what applications are given as the subject.
    """

    uid: str
    given_name: str
    family_name: str
    profile: str = ""
    schools: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    classes_taught: tuple[str, ...] = ()
    children: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    vectors: tuple[str, ...] = ()

    @property
    def login(self) -> str:
        """What they type, with `PASSWORD`."""
        return f"{self.given_name[0]}.{self.family_name}".lower()

    @property
    def mail(self) -> str:
        """Where nobody writes to them."""
        return f"{self.login}@familles.example"


PARENT_OF_TWO_SCHOOLS = Person(
    uid="ENTQZ10001",
    given_name="Quitterie",
    family_name="Ouzoulias",
    profile="National_2",  # the number by which entcore means a parent
    schools=("0920001B", "0310001H"),
    classes=("0920001B$CP A", "0310001H$CM1 B"),
    children=("ENTQZ20001", "ENTQZ20002"),
    vectors=("1|Ouzoulias|Quitterie|20001|0920001B", "1|Ouzoulias|Quitterie|20002|0310001H"),
)
SECOND_PARENT = Person(
    uid="ENTQZ10002",
    given_name="Wandrille",
    family_name="Kerzerho",
    profile="PERSRELELEVE",
    schools=("0920001B",),
    classes=("0920001B$CP A",),
    children=("ENTQZ20001",),  # the first child of the parent above, who must not be told
    vectors=("1|Kerzerho|Wandrille|20001|0920001B",),
)
PARENT_OF_ONE_SCHOOL = Person(
    uid="ENTQZ10003",
    given_name="Gonzague",
    family_name="Tchernavine",
    profile="National_TUT",
    schools=("0310001H",),
    classes=("0310001H$CE2 B",),
    children=("ENTQZ20003",),
    vectors=("1|Tchernavine|Gonzague|20003|0310001H",),
)
PUPIL = Person(
    uid="ENTQZ20001",
    given_name="Zéphirin",
    family_name="Wojtkowiak",
    profile="National_elv",  # ENTs do not agree on case
    schools=("0920001B",),
    classes=("0920001B$CP A",),
    parents=("ENTQZ10001", "ENTQZ10002"),
    vectors=("3|Wojtkowiak|Zéphirin|20001|0920001B",),
)
TEACHER = Person(
    uid="ENTQZ30001",
    given_name="Radegonde",
    family_name="Zuccarelli",
    profile="National_ENS",
    schools=("0920001B",),
    classes_taught=("0920001B$CP A", "0920001B$CE1"),
)
AGENT = Person(
    uid="ENTQZ40001",
    given_name="Fulgence",
    family_name="Xaintrailles",
    profile="National_COL",
    schools=("0920001B",),
)
GUEST = Person(
    uid="ENTQZ50001",
    given_name="Aldegonde",
    family_name="Yzambart",
    profile="Guest",
    schools=("0920001B",),
)
NO_PROFILE = Person(uid="ENTQZ50002", given_name="Philibert", family_name="Brunschwig")
ANIMATOR = Person(
    uid="ENTQZ60001",
    given_name="Cyprienne",
    family_name="Quillivic",
    profile="National_ETA",  # one ENT gives it to whoever is no teacher
    schools=("0920001B",),
)
DIRECTOR = Person(
    uid="ENTQZ60002",
    given_name="Hermine",
    family_name="Vanhaecke",
    profile="National_COL",
    schools=("0920001B", "0920002C"),
)

PEOPLE = {
    "parent-of-two-schools": PARENT_OF_TWO_SCHOOLS,
    "second-parent": SECOND_PARENT,
    "parent-of-one-school": PARENT_OF_ONE_SCHOOL,
    "pupil": PUPIL,
    "teacher": TEACHER,
    "agent": AGENT,
    "guest": GUEST,
    "no-profile": NO_PROFILE,
    "animator": ANIMATOR,
    "director": DIRECTOR,
}
"""Everybody, by the word that recorded answers are filed under."""

NAMES = tuple(
    name
    for person in PEOPLE.values()
    for name in (person.family_name, person.given_name, person.login, person.mail)
)
"""What is never kept by anybody who was told it."""

SUBJECTS = tuple(person.uid for person in PEOPLE.values())
"""The subjects, which are kept as pseudonyms only."""
