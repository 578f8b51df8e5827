"""`preau staff`: who may write, and where."""

import argparse
import sys
from datetime import date
from pathlib import Path

from publisher.model.person import WRITING, StaffGrant, StaffRole
from publisher.sign_in.pseudonym import pseudonym
from publisher.wiring import records_of, settings_of, town_of, utc_now


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `staff` and what it does."""
    staff = commands.add_parser("staff", help="qui peut écrire, et où").add_subparsers(
        required=True, metavar="GESTE"
    )
    add = staff.add_parser("add", help="donner le droit d'écrire dans un centre")
    add.add_argument(
        "--until", metavar="JOUR", type=date.fromisoformat, help="dernier jour, compris"
    )
    add.add_argument(
        "--role", choices=sorted(role.value for role in WRITING), default=StaffRole.ANIMATOR.value
    )
    add.set_defaults(command=_add)
    remove = staff.add_parser("remove", help="reprendre ce droit")
    remove.set_defaults(command=_remove)
    for one in (add, remove):
        one.add_argument("--source", required=True, help="le nom de la source de connexion")
        one.add_argument(
            "--subject", required=True, help="l'identifiant de la personne chez cette source"
        )
        one.add_argument("--centre", required=True)
    staff.add_parser("list", help="tous les droits d'écrire").set_defaults(command=_list)


def _add(instance: Path, asked: argparse.Namespace) -> int:
    town = town_of(instance)
    if town.centre(asked.centre) is None or town.source(asked.source) is None:
        print("Ce centre ou cette source de connexion n'existe pas dans centres/.", file=sys.stderr)
        return 1
    settings = settings_of(instance)
    grant = StaffGrant(
        person=pseudonym(settings.pseudonym_key, asked.source, asked.subject),
        centre=asked.centre,
        role=StaffRole(asked.role),
        ends_on=asked.until,
    )
    records_of(settings).grant_staff(grant, utc_now())
    print(f"{grant.person} écrit maintenant dans {grant.centre} ({grant.role}).")
    return 0


def _remove(instance: Path, asked: argparse.Namespace) -> int:
    settings = settings_of(instance)
    person = pseudonym(settings.pseudonym_key, asked.source, asked.subject)
    if records_of(settings).revoke_staff(person, asked.centre):
        print(f"{person} n'écrit plus dans {asked.centre}.")
        return 0
    print(f"{person} n'écrivait pas dans {asked.centre}.", file=sys.stderr)
    return 1


def _list(instance: Path, _asked: argparse.Namespace) -> int:
    for grant in records_of(settings_of(instance)).every_staff_grant():
        until = f" jusqu'au {grant.ends_on}" if grant.ends_on else ""
        print(f"{grant.centre}  {grant.role}  {grant.person}{until}")
    return 0
