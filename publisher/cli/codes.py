"""`preau codes`: codes on paper, for families without an ENT account."""

import argparse
import os
import secrets
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

from publisher.language import full_day
from publisher.model.school_year import last_day_of_school_year
from publisher.model.town import Centre, Group, Town
from publisher.sign_in.paper import new_paper_code, paper_digest
from publisher.sign_in.paper_sheet import STYLE, new_sheet_name, sheet_page
from publisher.wiring import records_of, settings_of, town_of, utc_now

MOST_CODES = 400
NEXT_YEAR_FROM = timedelta(days=92)
"""From June on, a sheet can be for the school year that comes: September is prepared then."""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `codes` and what it does."""
    section = commands.add_parser(
        "codes", help="des codes sur papier, pour les familles sans compte ENT"
    ).add_subparsers(required=True, metavar="GESTE")
    draw = section.add_parser("print", help="écrire une planche à imprimer et à découper")
    draw.add_argument("--centre", required=True)
    draw.add_argument("--group", metavar="GROUPE", help="sans lui, le centre seul s'ouvre")
    draw.add_argument("--count", required=True, type=int, metavar="N", help="combien de familles")
    draw.add_argument(
        "--until",
        required=True,
        type=_day,
        metavar="JOUR",
        help="dernier jour, compris : 03/07/2027 ou 2027-07-03",
    )
    draw.add_argument(
        "--out", type=Path, metavar="FICHIER", help="où l'écrire (sinon codes-CENTRE-PLANCHE.html)"
    )
    draw.set_defaults(command=_print)
    section.add_parser("list", help="les planches, ce qui a servi").set_defaults(command=_list)
    revoke = section.add_parser("revoke", help="annuler une planche, ou un de ses codes")
    revoke.add_argument("sheet", metavar="PLANCHE")
    revoke.add_argument("--number", type=int, metavar="N", help="un seul code, par son numéro")
    revoke.set_defaults(command=_revoke)


def _day(text: str) -> date:
    """A day as argparse reads it. Raises ArgumentTypeError for anything else."""
    for pattern in ("%d/%m/%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(text, pattern).date()  # noqa: DTZ007 (a day has no time zone)
        except ValueError:
            continue
    raise argparse.ArgumentTypeError(f"« {text} » n'est pas un jour, comme 03/07/2027")


def _print(instance: Path, asked: argparse.Namespace) -> int:
    town, settings = town_of(instance), settings_of(instance)
    now = utc_now()
    place = _place(town, asked.centre, asked.group)
    if isinstance(place, str):
        print(place, file=sys.stderr)
        return 1
    if wrong := _wrong(asked, now.astimezone(town.timezone).date()):
        print(wrong, file=sys.stderr)
        return 1
    centre, group = place
    sheet = new_sheet_name(secrets.randbelow)
    codes = [new_paper_code(secrets.randbelow) for _code in range(asked.count)]
    out: Path = asked.out or Path(f"codes-{centre.slug}-{sheet}.html")
    page = sheet_page(
        town, centre, group, sheet=sheet, codes=codes, ends_on=asked.until, style=STYLE
    )
    try:
        _write_for_oneself(out, page)
    except OSError as error:
        print(f"{out} : rien n'a été écrit ({error.strerror}).", file=sys.stderr)
        return 1
    try:
        records_of(settings).paper_codes.keep(
            sheet,
            [paper_digest(settings.pseudonym_key, code) for code in codes],
            centre=centre.slug,
            group=None if group is None else group.slug,
            ends_on=asked.until,
            at=now,
        )
    except BaseException:
        out.unlink()  # a sheet whose codes open nothing must not be handed out
        raise
    print(f"Planche {sheet} : {_count(len(codes))}, jusqu'au {full_day(asked.until)}. Dans {out}.")
    print("Imprimez-la depuis un navigateur, puis effacez ce fichier : les codes ne sont que là.")
    return 0


def _place(
    town: Town, centre_slug: str, group_slug: str | None
) -> tuple[Centre, Group | None] | str:
    """The centre and group that were asked for, or what is wrong with them."""
    centre = town.centre(centre_slug)
    if centre is None:
        known = ", ".join(one.slug for one in town.centres)
        return f"Aucun centre ne s'appelle « {centre_slug} ». Ceux de la ville : {known}."
    if group_slug is None:
        return centre, None
    group = centre.group(group_slug)
    if group is None:
        known = ", ".join(one.slug for one in centre.groups) or "aucun"
        return f"Aucun groupe de {centre.name} ne s'appelle « {group_slug} ». Les siens : {known}."
    return centre, group


def _wrong(asked: argparse.Namespace, today: date) -> str:
    if not 1 <= asked.count <= MOST_CODES:
        return f"Une planche a de 1 à {MOST_CODES} codes."
    if asked.until < today:
        return "Ce jour est passé : les codes n'ouvriraient rien."
    last = last_day_of_school_year(today + NEXT_YEAR_FROM)
    if asked.until > last:
        return f"Un code ne dépasse pas l'année scolaire : {full_day(last)} au plus."
    return ""


def _write_for_oneself(out: Path, page: str) -> None:
    """Write the sheet where nothing is yet, for nobody else to read. Raises OSError."""
    descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 (a descriptor, not a path)
        file.write(page)


def _list(instance: Path, _asked: argparse.Namespace) -> int:
    sheets = records_of(settings_of(instance)).paper_codes.sheets()
    for one in sheets:
        group = f" · {one.group}" if one.group else ""
        print(
            f"{one.name}  {one.centre}{group}  {_count(one.codes)}, utilisés {one.used},"
            f" annulés {one.taken_back}, jusqu'au {full_day(one.ends_on)}"
        )
    if not sheets:
        print("Aucune planche. « preau codes print » en fait une.")
    return 0


def _revoke(instance: Path, asked: argparse.Namespace) -> int:
    sheet = asked.sheet.upper()
    gone = records_of(settings_of(instance)).paper_codes.take_back(sheet, asked.number, utc_now())
    if not gone:
        print(
            "Aucun code à annuler : ni planche ni numéro de ce nom, ou déjà fait.", file=sys.stderr
        )
        return 1
    print(f"Planche {sheet} : annulés, {_count(gone)}. Ce qu'ils ouvraient est fermé maintenant.")
    return 0


def _count(number: int) -> str:
    return f"{number} code{'s' if number > 1 else ''}"
