"""`preau staff`: who may write, and where; who is invited to."""

import argparse
import sys
from datetime import date
from pathlib import Path

from publisher.authoring.invitations import PATH, make_offer
from publisher.model.person import TOWN_WIDE, WHOLE_TOWN, StaffGrant, StaffRole
from publisher.model.town import Town
from publisher.sign_in.codes import in_groups
from publisher.sign_in.pseudonym import pseudonym
from publisher.wiring import records_of, settings_of, town_of, utc_now

_ROLES = sorted(role.value for role in StaffRole)
_WHOLE_TOWN_SAID = "toute-la-ville"


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `staff` and what it does."""
    staff = commands.add_parser("staff", help="qui peut écrire, et où").add_subparsers(
        required=True, metavar="GESTE"
    )
    invite = staff.add_parser(
        "invite", help="faire une invitation : un lien et un code, pour une personne, 72 heures"
    )
    invite.add_argument(
        "--replaces",
        metavar="REPÈRE",
        help="refaire l'accès de la personne qui a ce repère dans ce centre (même rôle, même fin)",
    )
    invite.set_defaults(command=_invite)
    add = staff.add_parser("add", help="donner un droit à une personne connue de la source")
    add.set_defaults(command=_add)
    remove = staff.add_parser("remove", help="reprendre ce droit")
    remove.set_defaults(command=_remove)
    for one in (invite, add, remove):
        one.add_argument(
            "--centre", default=WHOLE_TOWN, help="sans lui : un rôle pour toute la ville"
        )
    for one in (invite, add):
        one.add_argument(
            "--until", metavar="JOUR", type=date.fromisoformat, help="dernier jour, compris"
        )
        one.add_argument("--role", choices=_ROLES, default=StaffRole.ANIMATOR.value)
    for one in (add, remove):
        one.add_argument("--source", required=True, help="le nom de la source de connexion")
        one.add_argument(
            "--subject", required=True, help="l'identifiant de la personne chez cette source"
        )
    staff.add_parser("list", help="tous les droits, et les invitations qui attendent").set_defaults(
        command=_list
    )


def _invite(instance: Path, asked: argparse.Namespace) -> int:
    town, role = town_of(instance), StaffRole(asked.role)
    settings = settings_of(instance)
    records, now = records_of(settings), utc_now()
    replaced = None
    if asked.replaces is not None:
        replaced = records.staff.colleague(asked.centre, asked.replaces.upper())
        if replaced is None:
            print(f"Personne n'a le repère {asked.replaces} dans ce centre.", file=sys.stderr)
            return 1
        role = replaced.grant.role
    if not _fit(town, asked.centre, role):
        return 1
    offer = make_offer(
        records.staff,
        settings,
        centre=asked.centre,
        role=role,
        now=now,
        ends_on=replaced.grant.ends_on if replaced is not None else asked.until,
        replaces=replaced,
    )
    until = offer.invitation.expires_at.astimezone(town.timezone)
    print(f"Repère {offer.invitation.handle} : {role}, {asked.centre or _WHOLE_TOWN_SAID}.")
    print(f"Lien, pour cette personne seulement : {town.public_url}{offer.path}")
    print(f"Ou, sur papier : {town.public_url}{PATH}  code {in_groups(offer.code)}")
    print(f"Sert une fois, jusqu'au {until:%d/%m/%Y à %H:%M}. Rien n'en est gardé : notez-le.")
    return 0


def _add(instance: Path, asked: argparse.Namespace) -> int:
    town, role = town_of(instance), StaffRole(asked.role)
    if town.source(asked.source) is None:
        print("Cette source de connexion n'existe pas dans centres/town.toml.", file=sys.stderr)
        return 1
    if not _fit(town, asked.centre, role):
        return 1
    settings = settings_of(instance)
    grant = StaffGrant(
        person=pseudonym(settings.pseudonym_key, asked.source, asked.subject),
        centre=asked.centre,
        role=role,
        ends_on=asked.until,
    )
    records_of(settings).grant_staff(grant, utc_now())
    where = grant.centre or _WHOLE_TOWN_SAID
    print(f"{grant.person} a maintenant un droit dans {where} ({grant.role}).")
    return 0


def _fit(town: Town, centre: str, role: StaffRole) -> bool:
    """Say whether *role* can be given in *centre*; print why not."""
    if role in TOWN_WIDE:
        if centre == WHOLE_TOWN:
            return True
        print(f"« {role} » vaut pour toute la ville : sans --centre.", file=sys.stderr)
        return False
    if town.centre(centre) is not None:
        return True
    known = ", ".join(one.slug for one in town.centres)
    said = f"« {centre} » n'existe pas" if centre else "Il manque --centre"
    print(f"{said}. Les centres : {known}.", file=sys.stderr)
    return False


def _remove(instance: Path, asked: argparse.Namespace) -> int:
    settings = settings_of(instance)
    person = pseudonym(settings.pseudonym_key, asked.source, asked.subject)
    where = asked.centre or _WHOLE_TOWN_SAID
    if records_of(settings).revoke_staff(person, asked.centre):
        print(f"{person} n'a plus de droit dans {where}.")
        return 0
    print(f"{person} n'avait pas de droit dans {where}.", file=sys.stderr)
    return 1


def _list(instance: Path, _asked: argparse.Namespace) -> int:
    town, now = town_of(instance), utc_now()
    staff = records_of(settings_of(instance)).staff
    today = now.astimezone(town.timezone).date()
    for one in staff.every_colleague():
        grant = one.grant
        end = "terminé le" if not grant.holds(today) else "jusqu'au"
        until = f"  {end} {grant.ends_on}" if grant.ends_on else ""
        since = one.since.astimezone(town.timezone).date()
        where = grant.centre or _WHOLE_TOWN_SAID
        print(f"{where}  {grant.role}  {one.handle}  depuis le {since}{until}  {grant.person}")
    for invitation in staff.open_invitations(now):
        expires = invitation.expires_at.astimezone(town.timezone)
        where = invitation.centre or _WHOLE_TOWN_SAID
        print(
            f"{where}  {invitation.role}  {invitation.handle}  invitation,"
            f" jusqu'au {expires:%d/%m/%Y %H:%M}"
        )
    return 0
