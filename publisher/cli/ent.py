"""`preau ent try`: one sign-in walked with an ENT, shown on the terminal and kept nowhere."""

import argparse
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TextIO
from urllib.parse import parse_qsl, urlencode, urlsplit

from publisher.gate.admission import spaces_of
from publisher.model.person import READERS, EntProfile, Known, Pass, Role
from publisher.model.source import Door, SignInSource
from publisher.model.space import Space
from publisher.model.town import Centre, Group, Town
from publisher.model.uai import control_letter, has_right_letter, is_uai
from publisher.settings import Settings
from publisher.sign_in.failures import FAILURES
from publisher.sign_in.method import (
    Arrival,
    Beginning,
    Client,
    Message,
    SignInFailed,
    SignInMethod,
    SourceSignOut,
    Why,
)
from publisher.sign_in.methods import SIGN_IN_METHODS, client_of
from publisher.sign_in.passes import FAMILY, TEAM, end_of_pass, new_pass
from publisher.sign_in.profile import (
    DEFAULT_CLAIMS,
    DEFAULT_SUBJECTS,
    as_list,
    flattened,
    missing_facts,
    profile_of,
)
from publisher.sign_in.pseudonym import account_of
from publisher.wiring import settings_of, town_of, utc_now

MAX_SHOWN_LENGTH = 200
"""Characters of a value that are shown: the rest says nothing more."""
_FACTS = {
    "subject": "l'identifiant de la personne",
    "role": "le profil",
    "schools": "les écoles, par leur UAI",
    "classes": "les classes",
    "children": "les identifiants des enfants",
    "vector": "le vecteur d'identité",
    "given_name": "le prénom",
}
_FIELD = re.compile(r"([A-Za-z_][A-Za-z0-9_.-]{0,40})=(.*)\Z")
"""A line of a form: SAML answers end with `=` as well, but begin with more than 41 letters."""


class AnswerIsUnreadable(Exception):
    """What was pasted is neither an address, nor a form, nor a SAML answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pasted:
    """What a person brought back: the parameters of an address, or the fields of a form."""

    query: Mapping[str, str]
    form: Mapping[str, str]


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `ent` and what it does."""
    section = commands.add_parser("ent", help="les ENT et les portails par où l'on entre")
    attempt = section.add_subparsers(required=True, metavar="GESTE").add_parser(
        "try", help="essayer une connexion, et dire ce qu'elle ouvrirait, sans rien garder"
    )
    attempt.add_argument("source", metavar="SOURCE", help="son nom dans centres/town.toml")
    attempt.add_argument(
        "--door",
        choices=[door.value for door in Door],
        default=Door.FAMILIES.value,
        help="la porte où l'on se présente",
    )
    attempt.set_defaults(command=_try)


def _try(instance: Path, asked: argparse.Namespace) -> int:
    settings, town, door = settings_of(instance), town_of(instance), Door(asked.door)
    known = client_of(town, settings, asked.source, door)
    if known is None:
        print(_why_nobody_enters(town, settings, asked.source, door), file=sys.stderr)
        return 1
    method, client = known
    begun = method.begin(client, None, utc_now())
    if isinstance(begun, SignInFailed):
        _print_failure(begun)
        return 1
    for line in _how_to(method, client, begun, door):
        print(line, flush=True)
    try:
        pasted = read_pasted(_lines_of(sys.stdin))
    except AnswerIsUnreadable:
        print(
            "Ce n'est ni une adresse, ni un formulaire, ni une réponse SAML. Recommencez, et collez"
            " l'adresse en entier, avec tout ce qui suit le « ? ».",
            file=sys.stderr,
        )
        return 1
    came = _outcome(method, client, begun, pasted)
    if isinstance(came, SignInFailed):
        _print_failure(came)
        return 1
    for line in report(town, settings, client, door, came):
        print(line)
    return 0


def _why_nobody_enters(town: Town, settings: Settings, name: str, door: Door) -> str:
    source = town.source(name)
    if source is None:
        known = ", ".join(one.name for one in town.sign_in)
        return f"Aucune source ne s'appelle « {name} » dans centres/town.toml. Il y a : {known}."
    if door not in source.doors:
        others = " ou ".join(one.value for one in source.doors)
        return f"« {name} » ne mène pas à cette porte. Ajoutez : --door {others}"
    method = SIGN_IN_METHODS.get(source.method)
    if method is not None and method.needs_secret and not settings.client_secrets.get(name):
        return (
            f"Le secret manque : écrivez-le dans keys/client-{name}.secret, lisible de vous seul."
        )
    return f"Cette version de Préau ne connaît pas le mode « {source.method} »."


def _how_to(method: SignInMethod, client: Client, begun: Beginning, door: Door) -> Sequence[str]:
    source = client.source
    families = "des familles" if door is Door.FAMILIES else "de l'équipe"
    gestures: tuple[str, ...]
    if method.token_parameter:
        gestures = (
            "2. Connectez-vous avec un compte d'essai, et appuyez sur la tuile de Préau.",
            "3. Une page de Préau montre un bouton : n'appuyez pas dessus, il servirait le jeton.",
            "   Copiez l'adresse entière de cette page, et collez-la ici, puis une ligne vide :",
        )
    else:
        gestures = (
            "2. Connectez-vous avec un compte d'essai.",
            "3. Préau refuse : c'est attendu, il ne connaît pas cette tentative et n'y touche pas.",
            "   Copiez aussitôt l'adresse entière de la page (elle ne vaut parfois que 30 secondes)",
            "   et collez-la ici, puis une ligne vide. Si l'adresse ne contient ni code ni ticket,",
            "   c'est que l'ENT a posté sa réponse : ouvrez les outils du navigateur (F12, Réseau),",
            "   et collez le SAMLResponse, ou les champs du formulaire, un « nom=valeur » par ligne :",
        )
    return (
        f"« {source.label} », par {source.method}, à la porte {families}. Rien ne sera gardé.",
        "",
        "1. Ouvrez cette adresse dans une fenêtre privée du navigateur :",
        f"   {begun.address}",
        *gestures,
    )


def _lines_of(source: TextIO) -> Iterator[str]:
    """The lines that are pasted, up to an empty one or the end."""
    if source.isatty():
        with suppress(ImportError):
            # A terminal cuts a line at 4096 characters, and a SAML answer has 20 000; readline
            # reads them one by one. It is part of Python where terminals are such.
            import readline  # noqa: F401, PLC0415 (`input` uses it once it is there)
        lines: Iterable[str] = iter(_typed, None)
    else:
        lines = source
    begun = False
    for line in lines:
        text = line.strip()
        if not text and begun:
            return
        if text:
            begun = True
            yield text


def _typed() -> str | None:
    try:
        return input("> ")
    except EOFError:
        return None


def read_pasted(lines: Iterable[str]) -> Pasted:
    """What *lines* hold: an address, a form's fields one by line or as posted, or a SAML answer.

    Raises AnswerIsUnreadable for anything else, and for a name that is there twice.
    """
    texts = list(lines)
    if len(texts) == 1 and urlsplit(texts[0]).scheme in {"http", "https"}:
        return Pasted(query=_one_of_each(urlsplit(texts[0]).query), form={})
    joined = "".join(texts)
    fields = [_FIELD.match(text) for text in texts]
    if texts and all(fields):
        if len(texts) == 1 and ("%" in joined or "&" in joined):
            return Pasted(query={}, form=_one_of_each(joined))
        form = {found[1]: found[2] for found in fields if found is not None}
        if len(form) == len(texts):
            return Pasted(query={}, form=form)
    elif re.fullmatch(r"[A-Za-z0-9+/]{42,}={0,2}", joined):
        return Pasted(query={}, form={"SAMLResponse": joined})
    raise AnswerIsUnreadable


def _one_of_each(text: str) -> Mapping[str, str]:
    pairs = parse_qsl(text, keep_blank_values=True)
    table = dict(pairs)
    if not pairs or len(table) != len(pairs):
        raise AnswerIsUnreadable
    return table


def _outcome(
    method: SignInMethod, client: Client, begun: Beginning, pasted: Pasted
) -> Arrival | SignInFailed:
    """What the method says of what was pasted, as the gate would have asked it."""
    token, form = pasted.query.get(method.token_parameter), pasted.form
    if token is not None:
        form = {method.token_parameter: token}
    if form:
        if "SAMLResponse" in form:
            form = {"RelayState": begun.state, **form}
        message = Message(
            method="POST",
            query={},
            form=form,
            content_type="application/x-www-form-urlencoded",
            body=urlencode(form).encode(),
        )
        came = method.receive(client, message, utc_now())
    else:
        came = method.complete(client, begun, pasted.query, utc_now())
    if isinstance(came, SourceSignOut):
        return SignInFailed(Why.CANCELLED, "this is a sign-out, not a sign-in")
    if isinstance(came, Arrival) and came.answers not in {"", begun.state}:
        return SignInFailed(Why.NOT_BEGUN_HERE, "the answer is to another attempt")
    return came


def _print_failure(failed: SignInFailed) -> None:
    title, advice = FAILURES[failed.why]
    print(f"{title}. {advice}", file=sys.stderr)
    if failed.detail:
        print(f"Pour l'éditeur, et le journal de Préau : {failed.detail}", file=sys.stderr)


def report(
    town: Town, settings: Settings, client: Client, door: Door, came: Arrival
) -> Sequence[str]:
    """What *came*, what Préau makes of it, what it would open and what is missing. In French.

    It holds the values of claims: for a terminal, and never for a log.
    """
    source = client.source
    told = flattened(came.claims)
    profile = profile_of(source, came.claims)
    lines = ["", f"Ce qui est venu ({len(told)} informations)"]
    lines += [f"  {_shown(name)} : {', '.join(map(_shown, told[name]))}" for name in sorted(told)]
    lines += ["", "Ce que Préau en fait"]
    if profile is None:
        lines.append("  Personne n'entrerait : l'identifiant manque, ou ne convient pas.")
        return (*lines, *_missing(client, door, came.claims, told))
    now = utc_now()
    purpose = FAMILY if door is Door.FAMILIES else TEAM
    today = now.astimezone(town.timezone).date()
    account = account_of(settings.pseudonym_key, profile, today)
    ends_at = end_of_pass(purpose, profile.role, now, town.timezone)
    pass_ = new_pass(account, profile.given_name, ends_at)
    lines += _what_is_kept(town, source, profile, told, account.account)
    named = "oui" if came.session else "non : Préau ne saura pas quand l'ENT la ferme"
    lines.append(f"  session nommée par la source : {named}")
    if door is Door.FAMILIES:
        lines += ["", "Ce qui s'ouvrirait, par le seul profil"]
        lines += _openings(town, pass_, today)
    else:
        lines += [
            "",
            "Ce qui s'ouvrirait",
            "  Rien de soi-même : le droit d'écrire ne vient jamais de la source. Invitez la personne,",
            "  ou donnez-lui ce droit avec « preau staff ».",
        ]
    return (*lines, *_unread(source, told), *_missing(client, door, came.claims, told))


def _what_is_kept(
    town: Town,
    source: SignInSource,
    profile: EntProfile,
    told: Mapping[str, tuple[str, ...]],
    pseudonym: str,
) -> Iterator[str]:
    yield f"  identifiant : lu, et gardé comme {pseudonym}"
    yield f"  profil : {profile.role.value}{_why_that_role(source, profile.role, told)}"
    for uai in sorted(profile.schools):
        yield f"  école : {uai}, {_school(town, uai)}"
    if profile.role in READERS:
        for value in _values(source, told, "schools"):
            if not is_uai(value.strip().upper()):
                yield f"  école laissée de côté : « {_shown(value)} » n'est pas un UAI"
    for uai, name in sorted(profile.classes):
        yield f"  classe : {_shown(name)} ({uai})"
    count = len(_values(source, told, "classes"))
    if profile.role in READERS and count > len(profile.classes):
        yield (
            f"  classes laissées de côté : {count - len(profile.classes)}, sans l'UAI de leur école"
            " (UAI$CLASSE)"
        )
    if profile.role is Role.FAMILY:
        yield f"  enfants : {len(profile.children)}"
    yield f"  prénom : {_shown(profile.given_name) or '(aucun)'}, pour la visite seulement"


def _why_that_role(source: SignInSource, role: Role, told: Mapping[str, tuple[str, ...]]) -> str:
    if role is not Role.OTHER:
        return ""
    values = _values(source, told, "role")
    if not values:
        return ", car aucun profil n'est venu"
    shown = ", ".join(map(_shown, values))
    if len(set(values)) > 1:
        return f", car plusieurs profils sont venus ({shown}) et ne s'accordent pas"
    return f", car « {shown} » n'est ni une famille, ni un enfant, ni un enseignant pour Préau"


def _school(town: Town, uai: str) -> str:
    names = [
        f"{school.name} ({centre.name})"
        for centre in town.centres
        for school in centre.schools
        if school.uai == uai
    ]
    known = "; ".join(names) or "qui ne va à aucun centre de la ville"
    if has_right_letter(uai):
        return known
    return f"{known}. Attention, la lettre de {uai[:7]} serait {control_letter(uai[:7])}"


def _openings(town: Town, pass_: Pass, today: date) -> Iterator[str]:
    opened = spaces_of(pass_, Known(), town, today)
    for centre in town.centres:
        if centre.space not in opened:
            yield f"  {centre.name} : non, {_why_not(pass_, centre)}"
            continue
        schools = sorted(pass_.schools & {school.uai for school in centre.schools})
        yield f"  {centre.name} : oui, par {', '.join(schools)}"
        for group in centre.groups:
            is_open = Space(centre.slug, group.slug) in opened
            yield f"    {group.name} : {'oui' if is_open else _why_no_group(pass_, centre, group)}"
    yield "  Une inscription, un code sur papier, un compte relié ouvriraient davantage."


def _why_not(pass_: Pass, centre: Centre) -> str:
    if pass_.role not in READERS:
        return f"le profil « {pass_.role.value} » ne lit pas par ses écoles"
    if pass_.source not in centre.sign_in:
        return f"ce centre ne se fie pas à cette source (sign_in, dans {centre.slug}.toml)"
    if not pass_.schools:
        return "aucune école n'est venue"
    return "aucune de ses écoles n'est dans le profil"


def _why_no_group(pass_: Pass, centre: Centre, group: Group) -> str:
    schools = {school.uai for school in centre.schools}
    classes = sorted({name for uai, name in pass_.classes if uai in schools})
    if not classes:
        return "non, aucune classe de ces écoles n'est venue"
    levels = ", ".join(group.levels) or "aucun"
    return f"non, aucune classe ({', '.join(map(_shown, classes))}) n'est de ses niveaux ({levels})"


def _unread(source: SignInSource, told: Mapping[str, tuple[str, ...]]) -> Sequence[str]:
    """The claims that nothing is read from: what a vendor need not send."""
    read = {name for fact in _FACTS for name in _names(source, fact)}
    unread = [_shown(name) for name in sorted(told) if name not in read]
    if not unread:
        return ()
    return (
        "",
        "Ce que Préau ne lit pas, et oublie : demandez que ce ne soit plus transmis",
        f"  {', '.join(unread)}",
    )


def _missing(
    client: Client,
    door: Door,
    claims: Mapping[str, object],
    told: Mapping[str, tuple[str, ...]],
) -> Sequence[str]:
    """What is missing, and what to write to the vendor: names of claims, never values."""
    source = client.source
    facts = [one.partition(" ")[0] for one in missing_facts(source, claims)]
    if door is Door.TEAM:
        # The team needs to be recognised, and no more: its rights are given in Préau.
        facts = [fact for fact in facts if fact == "subject"]
    if not facts:
        return ("", "Il ne manque rien.")
    wanted = [f"{_FACTS[fact]} ({' ou '.join(_names(source, fact))})" for fact in facts]
    came = ", ".join(_shown(name) for name in sorted(told)) or "rien"
    return (
        "",
        "Ce qui manque, ou ne se comprend pas",
        *(f"  {one}" for one in wanted),
        "",
        "À écrire à l'éditeur",
        f"  Bonjour, quand une personne entre dans notre application ({client.redirect_uri}), nous",
        f"  recevons : {came}.",
        f"  Il nous manque : {' ; '.join(wanted)}.",
        "  Pouvez-vous l'ajouter à ce que vous nous transmettez, et nous dire les valeurs possibles ?",
    )


def _names(source: SignInSource, fact: str) -> tuple[str, ...]:
    default = DEFAULT_SUBJECTS[source.method] if fact == "subject" else DEFAULT_CLAIMS[fact]
    return source.claims.get(fact, default)


def _values(
    source: SignInSource, told: Mapping[str, tuple[str, ...]], fact: str
) -> tuple[str, ...]:
    return as_list(next((told[name] for name in _names(source, fact) if name in told), ()))


def _shown(text: str) -> str:
    """*text* as a terminal may show it: nothing in it moves a cursor or changes a colour."""
    shown = "".join(letter if letter.isprintable() else "�" for letter in text)
    return shown if len(shown) <= MAX_SHOWN_LENGTH else f"{shown[:MAX_SHOWN_LENGTH]}…"
