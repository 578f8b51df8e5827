"""Forty-two kinds of visitor: what each carries, and what a person would say of them.

What is said is written by hand: whether it agrees with what the gate makes of what they carry is
the whole question.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from sqlalchemy import insert

from publisher.model.person import (
    PAPER,
    WHOLE_TOWN,
    Account,
    Enrolment,
    Pass,
    Role,
    StaffGrant,
    StaffRole,
)
from publisher.records import Records
from publisher.records.tables import enrolments
from publisher.settings import Settings
from publisher.sign_in.passes import FAMILY, TEAM, Passes, new_pass
from tests.access.moments import LAST_DAY_OF_A_RIGHT, PARIS, PASSES_END_AT
from tests.access.town import (
    CENTRES,
    CHARTER_VERSION,
    GRANDS,
    GROUPS,
    MATERNELLE,
    MICHEL,
    MOULIN,
    MOYENS,
    OURSE,
    PETITS,
    PREVERT,
    TILLEULS,
    VEIL,
    Space,
)
from tests.accounts import account

_BEGINNING = datetime(2026, 9, 1, tzinfo=PARIS)
_BEFORE = datetime(2026, 11, 1, tzinfo=PARIS)
DEAF = "portail"
"""A source of the town that none of its centres believes."""
_ALL_GROUPS = (None, *GROUPS)


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """One kind of visitor. `spaces` are theirs, from `since` to `until`, whatever the moment."""

    name: str
    who: str
    headers: Mapping[str, str] = field(default_factory=dict)
    charter: bool = True
    spaces: frozenset[Space] = frozenset()
    since: datetime = _BEGINNING
    until: datetime = PASSES_END_AT

    def link(self, space: Space) -> str:
        """What the policy calls the tie between this visitor and *space*."""
        centre, group = space
        if space in self.spaces:
            return "son centre" if group is None else "son groupe"
        is_theirs = any(theirs == centre for theirs, _group in self.spaces)
        return "autre groupe" if is_theirs and group is not None else "autre centre"

    def dates(self, now: datetime) -> str:
        """Whether *now* is inside what was given to this visitor."""
        return "dans" if self.since <= now < self.until else "hors"


def _in(centre: str, *groups: str | None) -> frozenset[Space]:
    return frozenset((centre, group) for group in groups)


class Crowd:
    """Makes the visitors of one instance: signs their passes, writes what the records know of them."""

    def __init__(self, settings: Settings, public_url: str, records: Records) -> None:
        self._settings, self._url, self._records = settings, public_url, records
        self._passes = Passes(settings.gate_keys, FAMILY, public_url)
        self._number = 0

    def all(self) -> tuple[Visitor, ...]:
        """Every kind."""
        found = (*self._nobody(), *self._families(), *self._enrolled(), *self._staff())
        assert len({one.name for one in found}) == len(found)
        return found

    def _nobody(self) -> Iterator[Visitor]:
        """Who carries nothing that counts."""
        family = self._account(schools=(PREVERT,))
        self._records.accept_charter(family.account, CHARTER_VERSION, _BEFORE)
        good = self._pass(family)
        text = self._passes.sign(good)
        out = self._pass(family)
        self._records.end_sign_in(out.sign_in, _BEFORE)
        identity = {
            "X-Ent-User": "parent-prevert",
            "X_Ent_User": "parent-prevert",
            "X-Remote-User": "parent-prevert",
            "X-Preau-Space": f"/{TILLEULS}/",
            "Authorization": f"Bearer {text}",
        }
        ended = replace(good, ends_at=_BEFORE)
        carried = {
            "anonyme": {},
            "en-têtes d'identité, sans cookie": identity,
            "cookie au hasard": self._cookie("bonjour"),
            "laissez-passer retouché": self._cookie(
                text[:-3] + ("AAA" if not text.endswith("AAA") else "BBB")
            ),
            "laissez-passer d'une autre ville": self._cookie(
                Passes(("x" * 48,), FAMILY, self._url).sign(good)
            ),
            "laissez-passer d'une autre adresse": self._cookie(
                Passes(self._settings.gate_keys, FAMILY, "https://ailleurs.example").sign(good)
            ),
            "laissez-passer de l'espace équipe": self._cookie(
                Passes(self._settings.authoring_keys, TEAM, self._url).sign(good)
            ),
            "laissez-passer de l'équipe aux clés du portail": self._cookie(
                Passes(self._settings.gate_keys, TEAM, self._url).sign(good)
            ),
            "laissez-passer fini": self._cookie(self._passes.sign(ended)),
            "famille sortie": self._cookie(self._passes.sign(out)),
            "deux laissez-passer à la fois": {
                "Cookie": f"{self._passes.cookie}={text}; {self._passes.cookie}={text}"
            },
        }
        for name, headers in carried.items():
            yield Visitor(name=name, who="anonyme", headers=headers)

    def _families(self) -> Iterator[Visitor]:
        """Who is led in by a school."""
        cp, cm1 = (PREVERT, "CP A"), (PREVERT, "CM1")
        yield self._family("famille, classe inconnue", (PREVERT,), ((PREVERT, "Classe bleue"),),
                           spaces=_in(TILLEULS, None))  # fmt: skip
        yield self._family("famille des moyens", (PREVERT,), (cp,),
                           spaces=_in(TILLEULS, None, MOYENS))  # fmt: skip
        yield self._family("famille des petits", (MATERNELLE,), ((MATERNELLE, "MS 2"),),
                           spaces=_in(TILLEULS, None, PETITS))  # fmt: skip
        yield self._family("famille d'un autre centre", (MICHEL,), ((MICHEL, "CE1"),),
                           spaces=_in(OURSE, None, MOYENS))  # fmt: skip
        yield self._family("famille de deux centres", (PREVERT, VEIL), ((PREVERT, "CM2 B"), (VEIL, "CP")),
                           spaces=_in(TILLEULS, None, GRANDS) | _in(MOULIN, None, MOYENS))  # fmt: skip
        yield self._family("classe du même nom dans une autre école", (PREVERT,), ((MICHEL, "CP A"),),
                           spaces=_in(TILLEULS, None))  # fmt: skip
        yield self._family("famille sans école", (), (cp,))
        yield self._family("famille d'une source inconnue", (PREVERT,), (cp,), source="ailleurs")
        yield self._family(
            "famille d'une source que le centre n'écoute pas", (PREVERT,), (cp,), source=DEAF
        )
        yield self._family("famille sans charte", (PREVERT,), (cp,), charter=0,
                           spaces=_in(TILLEULS, None, MOYENS))  # fmt: skip
        yield self._family("famille d'une charte d'avant", (PREVERT,), (cp,), charter=1,
                           spaces=_in(TILLEULS, None, MOYENS))  # fmt: skip
        yield self._family("enfant des grands", (PREVERT,), (cm1,), who="enfant", role=Role.CHILD,
                           spaces=_in(TILLEULS, None, GRANDS))  # fmt: skip
        for who, role in (
            ("enseignant", Role.TEACHER),
            ("agent", Role.AGENT),
            ("autre", Role.OTHER),
        ):
            yield self._family(f"{who} de l'école", (PREVERT,), (cp,), who=who, role=role)
        one, other = self._account(schools=(PREVERT,)), self._account(schools=(MICHEL,))
        self._records.accounts.join(other, one, one.account)
        yield self._visitor("famille de deux comptes reliés", "famille", one,
                            spaces=_in(TILLEULS, None) | _in(OURSE, None))  # fmt: skip
        stale = replace(self._account(schools=(MICHEL,)), until=date(2026, 8, 31))
        parent = self._account(schools=(PREVERT,))
        self._records.accounts.join(stale, parent, parent.account)
        yield self._visitor("famille dont l'autre compte date de l'an passé", "famille", parent,
                            spaces=_in(TILLEULS, None))  # fmt: skip

        before = replace(
            self._account(), children=frozenset({"enfant-d-avant"}), until=date(2026, 8, 31)
        )
        alone = self._account(schools=(PREVERT,))
        self._records.accounts.join(before, alone, alone.account)
        self._enrol(
            Enrolment(
                who="enfant-d-avant",
                centre=OURSE,
                group=None,
                starts_on=date(2026, 9, 1),
                ends_on=date(2027, 7, 1),
            )
        )
        yield self._visitor("famille dont l'autre compte ne dit plus quel enfant", "famille", alone,
                            spaces=_in(TILLEULS, None))  # fmt: skip

    def _enrolled(self) -> Iterator[Visitor]:
        """Who is led in by an enrolment, or by a code on paper."""
        midnight = datetime.combine(
            LAST_DAY_OF_A_RIGHT + timedelta(days=1), datetime.min.time(), tzinfo=PARIS
        )
        first_day = LAST_DAY_OF_A_RIGHT + timedelta(days=1)

        def enrol(who: str, centre: str, group: str | None, first: date, last: date) -> None:
            self._enrol(
                Enrolment(who=who, centre=centre, group=group, starts_on=first, ends_on=last)
            )

        outside = self._account(schools=("0780002D",))
        enrol(outside.account, OURSE, MOYENS, date(2026, 9, 1), LAST_DAY_OF_A_RIGHT)
        yield self._visitor("famille inscrite, d'une école d'ailleurs", "inscrit", outside,
                            spaces=_in(OURSE, None, MOYENS), until=midnight)  # fmt: skip
        parent = replace(self._account(), children=frozenset({"enfant-inscrit"}))
        enrol("enfant-inscrit", MOULIN, None, date(2026, 9, 1), LAST_DAY_OF_A_RIGHT)
        yield self._visitor("famille d'un enfant inscrit", "inscrit", parent,
                            spaces=_in(MOULIN, None), until=midnight)  # fmt: skip
        later = self._account()
        enrol(later.account, OURSE, PETITS, first_day, date(2027, 7, 1))
        yield self._visitor("famille inscrite à partir de demain", "inscrit", later,
                            spaces=_in(OURSE, None, PETITS), since=midnight)  # fmt: skip
        paper = self._account(source=PAPER)
        enrol(paper.account, TILLEULS, GRANDS, date(2026, 9, 1), LAST_DAY_OF_A_RIGHT)
        yield self._visitor("famille au code sur papier", "inscrit", paper,
                            spaces=_in(TILLEULS, None, GRANDS), until=midnight)  # fmt: skip
        yield self._visitor("code sur papier repris", "inscrit", self._account(source=PAPER))
        gone = self._account()
        enrol(gone.account, TILLEULS, "groupe-disparu", date(2026, 9, 1), LAST_DAY_OF_A_RIGHT)
        yield self._visitor("inscrite dans un groupe qui n'existe plus", "inscrit", gone,
                            spaces=_in(TILLEULS, None), until=midnight)  # fmt: skip

    def _staff(self) -> Iterator[Visitor]:
        """Who was given a role."""
        midnight = datetime.combine(
            LAST_DAY_OF_A_RIGHT + timedelta(days=1), datetime.min.time(), tzinfo=PARIS
        )
        theirs = _in(TILLEULS, *_ALL_GROUPS)
        everywhere = frozenset((centre, group) for centre in CENTRES for group in _ALL_GROUPS)
        yield self._member("animatrice jusqu'au 19", StaffRole.ANIMATOR, TILLEULS, LAST_DAY_OF_A_RIGHT,
                           spaces=theirs, until=midnight)  # fmt: skip
        yield self._member("directeur", StaffRole.DIRECTOR, TILLEULS, None, spaces=theirs)
        yield self._member("animateur dont le contrat est fini", StaffRole.ANIMATOR, TILLEULS,
                           date(2026, 10, 31), spaces=theirs, until=_BEFORE)  # fmt: skip
        yield self._member(
            "service jeunesse", StaffRole.DEPARTMENT, WHOLE_TOWN, None, spaces=everywhere
        )
        yield self._member("administratrice", StaffRole.ADMINISTRATOR, WHOLE_TOWN, None)
        lost = self._account(Role.OTHER, source="ailleurs")
        self._records.grant_staff(
            StaffGrant(person=lost.account, centre=TILLEULS, role=StaffRole.ANIMATOR), _BEFORE
        )
        yield self._visitor("animateur d'une source disparue", "animateur", lost)
        yield self._member("animatrice d'un centre fermé", StaffRole.ANIMATOR, "centre-ferme", None)

    def _family(
        self,
        name: str,
        schools: tuple[str, ...],
        classes: tuple[tuple[str, str], ...] = (),
        *,
        who: str = "famille",
        role: Role = Role.FAMILY,
        source: str = "demo",
        charter: int = CHARTER_VERSION,
        spaces: frozenset[Space] = frozenset(),
    ) -> Visitor:
        one = self._account(role, schools, classes, source=source)
        return self._visitor(name, who, one, charter=charter, spaces=spaces)

    def _member(
        self,
        name: str,
        role: StaffRole,
        centre: str,
        ends_on: date | None,
        *,
        spaces: frozenset[Space] = frozenset(),
        until: datetime = PASSES_END_AT,
    ) -> Visitor:
        one = self._account(Role.OTHER, (PREVERT,))
        grant = StaffGrant(person=one.account, centre=centre, role=role, ends_on=ends_on)
        self._records.grant_staff(grant, _BEFORE)
        return self._visitor(name, role.value, one, spaces=spaces, until=until)

    def _visitor(
        self,
        name: str,
        who: str,
        one: Account,
        *,
        charter: int = CHARTER_VERSION,
        spaces: frozenset[Space] = frozenset(),
        since: datetime = _BEGINNING,
        until: datetime = PASSES_END_AT,
    ) -> Visitor:
        if charter:
            self._records.accept_charter(one.account, charter, _BEFORE)
        return Visitor(
            name=name,
            who=who,
            headers=self._cookie(self._passes.sign(self._pass(one))),
            charter=charter == CHARTER_VERSION,
            spaces=spaces,
            since=since,
            until=until,
        )

    def _account(
        self,
        role: Role = Role.FAMILY,
        schools: tuple[str, ...] = (),
        classes: tuple[tuple[str, str], ...] = (),
        source: str = "demo",
    ) -> Account:
        self._number += 1
        return account(f"visiteur-{self._number}", role, schools, classes, source=source)

    @staticmethod
    def _pass(one: Account) -> Pass:
        return new_pass(one, "", PASSES_END_AT)

    def _cookie(self, text: str) -> dict[str, str]:
        return {"Cookie": f"{self._passes.cookie}={text}"}

    def _enrol(self, enrolment: Enrolment) -> None:
        with self._records._engine.begin() as connection:
            connection.execute(
                insert(enrolments).values(
                    who=enrolment.who,
                    centre=enrolment.centre,
                    place=enrolment.group or "",
                    origin="essai",
                    starts_on=enrolment.starts_on,
                    ends_on=enrolment.ends_on,
                )
            )
