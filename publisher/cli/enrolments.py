"""`preau enrolments`: who comes where and until when, from a family portal's file."""

import argparse
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

from publisher.language import short_day
from publisher.model.enrolment_file import EnrolmentFile, EnrolmentLine, read_enrolments
from publisher.model.person import PAPER, Enrolment
from publisher.model.town import Town
from publisher.records.enrolments import Replacement
from publisher.sign_in.pseudonym import pseudonym
from publisher.wiring import records_of, settings_of, town_of, utc_now

MAX_ORIGIN_LENGTH = 80


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `enrolments` and what it does."""
    section = commands.add_parser(
        "enrolments", help="les inscriptions venues du portail famille"
    ).add_subparsers(required=True, metavar="GESTE")
    take = section.add_parser(
        "import", help="lire un fichier CSV ; sans --apply, dire seulement ce qui changerait"
    )
    take.add_argument("file", type=Path, metavar="FICHIER.csv")
    take.add_argument("--apply", action="store_true", help="écrire ce qui a été dit")
    take.add_argument(
        "--origin",
        metavar="NOM",
        help="remplacer ce que cette origine avait donné (sinon, le nom du fichier)",
    )
    take.add_argument(
        "--skip-wrong", action="store_true", help="laisser de côté les lignes à corriger"
    )
    take.set_defaults(command=_import)
    section.add_parser("list", help="combien, par origine, centre et groupe").set_defaults(
        command=_list
    )
    remove = section.add_parser("remove", help="retirer tout ce qu'une origine a donné")
    remove.add_argument("origin", metavar="ORIGINE")
    remove.set_defaults(command=_remove)


def _import(instance: Path, asked: argparse.Namespace) -> int:
    town, settings = town_of(instance), settings_of(instance)
    origin = asked.origin or asked.file.name
    if not _is_an_origin(origin):
        print(
            f"L'origine « {origin} » ne convient pas : {MAX_ORIGIN_LENGTH} signes au plus, et pas"
            f" de deux-points.",
            file=sys.stderr,
        )
        return 1
    try:
        raw = asked.file.read_bytes()
    except OSError as error:
        print(f"{asked.file} ne se lit pas ({error.strerror}).", file=sys.stderr)
        return 1
    found = read_enrolments(raw, town)
    for column in found.ignored:
        print(
            f"Attention, la colonne « {column} » n'est ni lue ni gardée. Si elle nomme des"
            " personnes, retirez-la de l'export.",
            file=sys.stderr,
        )
    for mistake in found.mistakes:
        where = f"ligne {mistake.line} : " if mistake.line else ""
        print(f"{where}{mistake.sentence()}", file=sys.stderr)
    if found.mistakes and (not asked.skip_wrong or not found.lines):
        print(f"Rien n'a été écrit : lignes à corriger {len(found.mistakes)}.", file=sys.stderr)
        return 1
    today = utc_now().astimezone(town.timezone).date()
    wanted = _by_line(found, settings.pseudonym_key, today)
    records = records_of(settings)
    enrolments = records.enrolments
    chosen = frozenset(wanted.values())
    if asked.apply:
        change = enrolments.replace(origin, chosen, today)
    else:
        change = enrolments.compared(origin, chosen)
    _tell(found, wanted, change, town)
    print(
        f"Origine « {origin} » : nouvelles {len(change.new)}, inchangées {len(change.same)},"
        f" retirées {len(change.gone)}, à corriger {len(found.mistakes)}."
    )
    if not asked.apply:
        print("Rien n'a été écrit. Pour l'écrire, la même commande avec --apply.")
    return 0


def _by_line(found: EnrolmentFile, key: str, today: date) -> dict[int, Enrolment]:
    """The enrolment of each line that is not over yet: the person is a pseudonym from here on.

    Lines that begin one enrolment on one day are one, until the latest day they say.
    """
    by_line = {
        line.number: Enrolment(
            who=pseudonym(key, line.source, line.identifier),
            centre=line.centre,
            group=line.group,
            starts_on=line.starts_on,
            ends_on=line.ends_on,
        )
        for line in found.lines
        if line.ends_on >= today
    }
    longest: dict[Enrolment, Enrolment] = {}
    for one in by_line.values():
        begun = replace(one, ends_on=one.starts_on)
        longest[begun] = max(longest.get(begun, one), one, key=lambda each: each.ends_on)
    return {number: longest[replace(one, ends_on=one.starts_on)] for number, one in by_line.items()}


def _tell(
    found: EnrolmentFile, wanted: dict[int, Enrolment], change: Replacement, town: Town
) -> None:
    """One line of report a line of file, by its number: no identifier is printed."""
    said: set[Enrolment] = set()
    for line in found.lines:
        one = wanted.get(line.number)
        if one is None:
            state = "déjà finie, rien à ouvrir"
        elif one in said:
            state = "en double"
        else:
            state = "nouvelle" if one in change.new else "inchangée"
            said.add(one)
        print(f"ligne {line.number} : {state}, {_described(line, town)}.")


def _described(line: EnrolmentLine, town: Town) -> str:
    centre = town.centre(line.centre)
    group = None if centre is None or line.group is None else centre.group(line.group)
    place = line.centre if centre is None else centre.name
    return (
        f"{place}{'' if group is None else f' · {group.name}'}, du {_day(line.starts_on)}"
        f" au {_day(line.ends_on)}"
    )


def _day(day: date) -> str:
    return f"{short_day(day)} {day.year}"


def _list(instance: Path, _asked: argparse.Namespace) -> int:
    counts = records_of(settings_of(instance)).enrolments.by_origin()
    of_files = [one for one in counts if _is_an_origin(one.origin)]
    for one in of_files:
        group = f" · {one.group}" if one.group else ""
        print(
            f"{one.origin}  {one.centre}{group}  {one.count}, du {_day(one.first_on)}"
            f" au {_day(one.last_on)}"
        )
    of_codes = sum(one.count for one in counts) - sum(one.count for one in of_files)
    print(
        f"Inscriptions : {sum(one.count for one in of_files)}. Par un code sur papier : {of_codes}."
    )
    return 0


def _remove(instance: Path, asked: argparse.Namespace) -> int:
    gone = 0
    if _is_an_origin(asked.origin):
        gone = records_of(settings_of(instance)).enrolments.remove(asked.origin)
    if not gone:
        print(f"Aucune inscription ne vient de « {asked.origin} ».", file=sys.stderr)
        return 1
    print(f"Inscriptions retirées : {gone}. Ces familles n'entrent plus à ce titre.")
    return 0


def _is_an_origin(name: str) -> bool:
    """Say whether *name* can be an import's: those of paper codes have a colon."""
    return 0 < len(name) <= MAX_ORIGIN_LENGTH and ":" not in name and name != PAPER
