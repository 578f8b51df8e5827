"""`preau ent try`: one sign-in walked by every method, told in French, and kept nowhere."""

import os
import pty
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests

from publisher.cli import main
from publisher.cli.ent import AnswerIsUnreadable, Pasted, read_pasted, report
from publisher.gate.app import make_gate
from publisher.model.source import Door
from publisher.settings import Settings, read_settings
from publisher.sign_in.method import Arrival, Client, Documented
from publisher.sign_in.methods import SIGN_IN_METHODS, client_of
from tests.gate.conftest import Instance, run_instance
from tests.gate.visiting import Browser, path_of
from tests.instance import make_instance
from tests.lemonldap.configuration import CLIENT_SECRET, Application
from tests.lemonldap.people import PARENT_OF_TWO_SCHOOLS
from tests.lemonldap.provider import LemonLdap
from tests.lemonldap.visitor import Visitor
from tests.sign_in.ent_process import PUBLIC_URL, ROOT, RunningEnt, choose, run_ent
from tests.sign_in.test_link import claims, signed
from tests.waiting import wait_until

SHARED = "un-secret-partage-de-quarante-caracteres"


@pytest.fixture(name="ent", scope="module")
def _ent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEnt]:
    with run_ent(tmp_path_factory.mktemp("ent")) as ent:
        yield ent


@dataclass
class Walk:
    """A command at work: the address it told to open, and what it says in the end."""

    process: "subprocess.Popen[str]"
    address: str

    def paste(self, text: str) -> tuple[int, str, str]:
        """Paste *text*; the exit code, and what was printed on each output."""
        out, err = self.process.communicate(f"{text}\n\n", timeout=60)
        return self.process.returncode, out, err


def walk(instance: Path, *arguments: str) -> Walk:
    """Begin `preau ent try`, as far as the address."""
    command = (sys.executable, "-m", "publisher", "--instance", instance, "ent", "try", *arguments)
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True, encoding="utf-8"
    )
    assert process.stdout is not None
    address = next((line for line in process.stdout if line.startswith("   http")), "")
    return Walk(process=process, address=address.strip())


def files_of(folder: Path) -> Mapping[str, bytes]:
    """Every file below *folder*, with its bytes."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_walk_says_all_that_a_profile_would_open(tmp_path: Path, ent: RunningEnt) -> None:
    """Names and values, role, schools, classes, centres, groups and reasons; nothing is written."""
    instance = make_instance(tmp_path / "ville", ent_url=ent.url)
    before = files_of(instance)
    walked = walk(instance, "demo")
    with requests.Session() as browser:
        back = choose(browser, walked.address, "parent-prevert")
    code, out, err = walked.paste(back)
    assert code == 0, err
    for line in (
        "  ENTPersonProfils : National_TUT",
        "  profil : famille",
        "  école : 0920001B, École Jacques-Prévert (Les Tilleuls)",
        "  classe : CP A (0920001B)",
        "  enfants : 0",
        "  prénom : Camille, pour la visite seulement",
        "  Les Tilleuls : oui, par 0920001B",
        "    Moyens : oui",
        "    Petits : non, aucune classe (CP A) n'est de ses niveaux (PS, MS, GS)",
        "  La Grande Ourse : non, aucune de ses écoles n'est dans le profil",
        "Il ne manque rien.",
    ):
        assert line in out.splitlines(), out
    assert files_of(instance) == before
    assert "Camille" not in err


def test_the_gate_leaves_a_foreign_answer_as_it_was(tmp_path: Path, ent: RunningEnt) -> None:
    """It refuses an answer to nobody's attempt, twice, without asking: the code is still good."""
    instance = run_instance(tmp_path / "ville", ent_url=ent.url)
    instance.is_live = True
    walked = walk(instance.folder, "demo")
    with requests.Session() as browser:
        back = choose(browser, walked.address, "enseignante")
    for _time in range(2):
        refused = instance.anonymous().ask(path_of(back))
        assert refused.status == 403
        assert "pas commencé ici" in refused.text
    code, out, _err = walked.paste(back)
    assert code == 0
    assert "  profil : enseignant" in out.splitlines()
    assert "  Les Tilleuls : non, le profil « enseignant » ne lit pas par ses écoles" in out


@pytest.mark.parametrize(
    ("pasted", "said"),
    [
        ("", "Ce n'est ni une adresse"),
        ("bonjour", "Ce n'est ni une adresse"),
        (f"{PUBLIC_URL}/retour/demo", "Ce n'est ni une adresse"),
        (f"{PUBLIC_URL}/retour/demo?code=a&code=b&state=c", "Ce n'est ni une adresse"),
        (f"{PUBLIC_URL}/retour/demo?code=a&state=other", "pas commencé ici"),
        ("SAMLResponse=AAAA", "n'est pas sûre"),
    ],
)
def test_what_cannot_be_used_is_said(
    tmp_path: Path, ent: RunningEnt, pasted: str, said: str
) -> None:
    """Not an address, half of one, another attempt's: the sentence says what to do next."""
    instance = make_instance(tmp_path / "ville", ent_url=ent.url)
    code, _out, err = walk(instance, "demo").paste(pasted)
    assert code == 1
    assert said in err


def test_who_cannot_try_is_told_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown source, another door, a missing secret, a silent ENT: each has its sentence."""
    instance = make_instance(tmp_path / "ville", ent_url="http://127.0.0.1:1")
    town = instance / "centres" / "town.toml"
    text = town.read_text(encoding="utf-8")

    def said(*arguments: str) -> str:
        assert main(["--instance", str(instance), "ent", "try", *arguments]) == 1
        return capsys.readouterr().err

    assert "Il y a : demo." in said("absente")
    assert "ne répond pas" in said("demo")
    town.write_text(text.replace('"oidc"\n', '"oidc"\ndoors = ["equipe"]\n'), encoding="utf-8")
    assert "--door equipe" in said("demo")
    (instance / "keys" / "client-demo.secret").unlink()
    assert "keys/client-demo.secret" in said("demo", "--door", "equipe")


_SAML = "PHNhbWxwOlJlc3BvbnNlIHhtbG5zOnNhbWxwPSJ1cm46b2FzaXM6bmFtZXM6dGM6U0FNTDoyLjAi+/8="


@pytest.mark.parametrize(
    ("lines", "query", "form"),
    [
        (["https://a.example/retour/x?code=1&state=2"], {"code": "1", "state": "2"}, {}),
        (["http://a.example/retour/x?ticket=ST-1&etat="], {"ticket": "ST-1", "etat": ""}, {}),
        ([_SAML], {}, {"SAMLResponse": _SAML}),
        ([_SAML[:50], _SAML[50:]], {}, {"SAMLResponse": _SAML}),
        ([f"SAMLResponse={_SAML}"], {}, {"SAMLResponse": _SAML}),
        (
            [f"SAMLResponse={_SAML}", "RelayState=abc="],
            {},
            {"SAMLResponse": _SAML, "RelayState": "abc="},
        ),
        (
            [urlencode({"SAMLResponse": _SAML, "RelayState": "a b"})],
            {},
            {"SAMLResponse": _SAML, "RelayState": "a b"},
        ),
    ],
    ids=["code", "ticket", "answer", "answer cut", "field", "fields", "as posted"],
)
def test_what_is_pasted_is_read(
    lines: list[str], query: dict[str, str], form: dict[str, str]
) -> None:
    """An address, a form as a browser's tools show it, or a SAML answer alone."""
    assert read_pasted(lines) == Pasted(query=query, form=form)


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["bonjour"],
        ["a=1", "a=2"],
        ["a=1", "rien"],
        ["https://a.example/retour/x"],
        ["https://a.example/?a=1&a=2"],
        ["SAMLResponse=a&SAMLResponse=b"],
    ],
    ids=str,
)
def test_what_is_none_of_these_is_refused(lines: list[str]) -> None:
    """And so is a name that is there twice."""
    with pytest.raises(AnswerIsUnreadable):
        read_pasted(lines)


def _told(tmp_path: Path, claims_: Mapping[str, object], *, door: Door = Door.FAMILIES) -> str:
    """What is said of an arrival with those claims."""
    instance = run_instance(tmp_path / "ville")
    known = client_of(instance.town(), instance.settings, "demo", door)
    assert known is not None
    arrival = Arrival(claims=claims_, answers="s")
    return "\n".join(report(instance.town(), instance.settings, known[1], door, arrival))


def test_what_is_missing_comes_with_a_letter(tmp_path: Path) -> None:
    """The letter to the vendor holds names of claims, and not one value."""
    said = _told(tmp_path, {"sub": "x1", "email": "camille@familles.example"})
    letter = said.partition("À écrire à l'éditeur")[2]
    assert f"({PUBLIC_URL}/retour/demo)" in letter
    assert "recevons : email, sub." in letter
    assert "le profil (ENTPersonProfils)" in letter
    assert "les écoles, par leur UAI (ENTPersonStructRattachUAI" in letter
    for value in ("x1", "camille@"):
        assert value not in letter
    assert "profil : autre, car aucun profil n'est venu" in said
    assert "session nommée par la source : non" in said


def test_what_need_not_be_sent_is_named(tmp_path: Path) -> None:
    """Names, mails, dates of birth: the town is told what to ask to be left out."""
    said = _told(tmp_path, {"sub": "x1", "email": "a@b.example", "birthDate": "2015-01-01"})
    assert said.partition("demandez que ce ne soit plus transmis")[2].splitlines()[1] == (
        "  birthDate, email"
    )


def test_nobody_named_is_said(tmp_path: Path) -> None:
    """A school in place of a person lets nobody in, and the letter asks for the identifier."""
    said = _told(tmp_path, {"sub": "0920001B", "ENTPersonProfils": "TUT"})
    assert "Personne n'entrerait" in said
    assert "l'identifiant de la personne (sub)" in said


def test_schools_are_said_one_by_one(tmp_path: Path) -> None:
    """Known, foreign, with a wrong letter, or no UAI at all; and classes without their school."""
    said = _told(
        tmp_path,
        {
            "sub": "x1",
            "ENTPersonProfils": "National_TUT",
            "ENTPersonStructRattachUAI": ["0920001B", "0310002J", "0254222C", "école 42"],
            "ENTEleveClasses": ["CP A", "0920001B$CM2"],
        },
    )
    assert "école : 0920001B, École Jacques-Prévert (Les Tilleuls)" in said
    assert "école : 0310002J, qui ne va à aucun centre de la ville" in said
    assert "Attention, la lettre de 0254222 serait" in said
    assert "« école 42 » n'est pas un UAI" in said
    assert "classes laissées de côté : 1" in said


@pytest.mark.parametrize(
    ("profiles", "why"),
    [
        (["National_ETA"], "car « National_ETA » n'est ni une famille"),
        (["National_ENS", "National_TUT"], "ne s'accordent pas"),
    ],
    ids=["unknown", "several"],
)
def test_a_role_that_opens_nothing_says_why(tmp_path: Path, profiles: list[str], why: str) -> None:
    """A word that is not known, or two that disagree."""
    said = _told(tmp_path, {"sub": "x1", "ENTPersonProfils": profiles})
    assert f"profil : autre, {why}" in said or why in said
    assert "Les Tilleuls : non, le profil « autre » ne lit pas par ses écoles" in said


def test_a_centre_that_does_not_trust_the_source_says_so(tmp_path: Path) -> None:
    """The school is right, and the source is not the centre's."""
    instance = run_instance(tmp_path / "ville")
    town = instance.folder / "centres" / "town.toml"
    text = town.read_text(encoding="utf-8")
    second = text[text.index("[[sign_in]]") :].replace('name = "demo"', 'name = "autre"')
    town.write_text(f"{text}\n{second}", encoding="utf-8")
    (instance.folder / "keys" / "client-autre.secret").write_text("x", encoding="ascii")
    settings = read_settings(instance.folder, {})
    assert isinstance(settings, Settings)
    known = client_of(instance.town(), settings, "autre", Door.FAMILIES)
    assert known is not None
    told = {"sub": "x", "ENTPersonProfils": "TUT", "ENTPersonStructRattachUAI": "0920001B"}
    said = report(
        instance.town(), settings, known[1], Door.FAMILIES, Arrival(claims=told, answers="s")
    )
    assert "  Les Tilleuls : non, ce centre ne se fie pas à cette source" in "\n".join(said)


def test_the_team_is_told_that_nothing_opens_by_itself(tmp_path: Path) -> None:
    """At the team's door the identifier is enough, and rights are given in Préau."""
    said = _told(tmp_path, {"sub": "x1"}, door=Door.TEAM)
    assert "le droit d'écrire ne vient jamais de la source" in said
    assert "Il ne manque rien." in said


def test_what_comes_does_not_write_on_the_terminal(tmp_path: Path) -> None:
    """A value that moves the cursor or never ends is shown as a value."""
    said = _told(tmp_path, {"sub": "x1", "a\x1b[2J": "b\x1b]0;titre\x07\n", "long": "y" * 5000})
    assert "\x1b" not in said
    assert "\x07" not in said
    assert "y" * 201 not in said


@pytest.fixture(name="town", scope="module")
def _town(lemonldap: LemonLdap, tmp_path_factory: pytest.TempPathFactory) -> Instance:
    """A town that a real LemonLDAP::NG knows by CAS, OpenID Connect and SAML; and a portal."""
    instance = run_instance(tmp_path_factory.mktemp("essai") / "ville")
    centres, keys = instance.folder / "centres", instance.folder / "keys"
    sources = f"""
[[sign_in]]
name = "cas"
label = "CAS"
method = "cas"
address = "{lemonldap.cas_url}"

[[sign_in]]
name = "oidc"
label = "OpenID Connect"
method = "oidc"
discovery_url = "{lemonldap.discovery_url}"
client_id = "preau-essai"

[[sign_in]]
name = "saml"
label = "SAML"
method = "saml"
address = "{lemonldap.url}"
metadata = "ent.xml"

[sign_in.claims]
subject = "ENTPersonUid"

[[sign_in]]
name = "portail"
label = "Portail"
method = "link"
address = "https://portail.ville.example/"
issuer = "https://portail.ville.example"
"""
    text = (centres / "town.toml").read_text(encoding="utf-8")
    (centres / "town.toml").write_text(f"{text}\n{sources}", encoding="utf-8")
    for file in centres.glob("*.toml"):
        trusting = file.read_text(encoding="utf-8").replace(
            'sign_in = ["demo"]', 'sign_in = ["demo", "cas", "oidc", "saml", "portail"]'
        )
        file.write_text(trusting, encoding="utf-8")
    (centres / "ent.xml").write_text(
        requests.get(lemonldap.saml_metadata_url, timeout=20).text, encoding="utf-8"
    )
    (keys / "client-oidc.secret").write_text(CLIENT_SECRET, encoding="ascii")
    (keys / "client-portail.secret").write_text(SHARED, encoding="ascii")
    settings = read_settings(instance.folder, {})
    assert isinstance(settings, Settings)
    instance.settings, instance.is_live = settings, True
    instance.gate = make_gate(instance.town, settings, instance.records, instance.clock)
    known = client_of(instance.town(), settings, "saml", Door.FAMILIES)
    assert known is not None
    lemonldap.know(
        Application(public_url=PUBLIC_URL, client_id="preau-essai", sp_metadata=_document(known[1]))
    )
    return instance


def _document(client: Client) -> str:
    method = SIGN_IN_METHODS["saml"]
    assert isinstance(method, Documented)
    document = method.document(client)
    assert document is not None
    return document[1].decode()


def _seen_by_the_gate(instance: Instance, address: str, form: Mapping[str, str] | None) -> None:
    """The person's browser goes where the ENT sends it, and the gate lets nobody in."""
    browser: Browser = instance.anonymous()
    if form is None:
        assert browser.ask(path_of(address)).status in {200, 403}
    else:
        body = urlencode(form).encode()
        environ = {
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": BytesIO(body),
        }
        arrived = browser.ask(path_of(address), "POST", environ=environ)
        assert browser.ask(arrived.location).status == 403
    assert "preau_famille" not in browser.cookies


def test_every_method_is_walked(town: Instance) -> None:
    """The gate sees each answer first and refuses it; pasted, it says the same two schools."""
    for name in sorted(SIGN_IN_METHODS):
        walked = walk(town.folder, "portail" if name == "link" else name)
        if name == "link":
            now = int(datetime.now(UTC).timestamp())
            said = claims(
                iat=now,
                exp=now + 60,
                aud=PUBLIC_URL,
                sub=PARENT_OF_TWO_SCHOOLS.uid,
                ENTPersonStructRattachUAI=["0920001B", "0310001H"],
            )
            pasted = f"{PUBLIC_URL}/retour/portail?jeton={signed(said)}"
            _seen_by_the_gate(town, pasted, None)
        else:
            back = Visitor(PARENT_OF_TWO_SCHOOLS).sign_in(walked.address)
            is_posted = "SAMLResponse" in back.fields
            _seen_by_the_gate(town, back.address, back.fields if is_posted else None)
            lines = "\n".join(f"{key}={value}" for key, value in back.fields.items())
            pasted = lines if is_posted else back.address
        code, out, err = walked.paste(pasted)
        assert code == 0, (name, out, err)
        assert "  profil : famille" in out.splitlines(), (name, out)
        assert "  Les Tilleuls : oui, par 0920001B" in out, (name, out)
        assert "  La Grande Ourse : oui, par 0310001H" in out, (name, out)
        for value in (PARENT_OF_TWO_SCHOOLS.uid, PARENT_OF_TWO_SCHOOLS.given_name):
            assert value not in err, name
        if name == "saml":
            code, _out, err = walk(town.folder, name).paste(pasted)
            assert code == 1
            assert "Cette connexion n'a pas commencé ici" in err


def test_a_terminal_takes_a_long_answer(tmp_path: Path, ent: RunningEnt) -> None:
    """A terminal cuts lines at 4096 characters: a SAML answer of 20 000 comes whole all the same."""
    instance = make_instance(tmp_path / "ville", ent_url=ent.url)
    ours, theirs = pty.openpty()
    command = (sys.executable, "-m", "publisher", "--instance", instance, "ent", "try", "demo")
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=subprocess.PIPE, close_fds=True
    )
    os.close(theirs)
    shown = bytearray()

    def watch() -> None:
        with suppress(OSError):  # the terminal is gone when the command is
            while True:
                shown.extend(os.read(ours, 65_536))

    watcher = threading.Thread(target=watch)
    watcher.start()
    wait_until(lambda: shown.endswith(b"> "), "the command, waiting for an answer")
    # The end of it makes it wrong: a name is there twice.
    os.write(ours, b"rien=" + b"a" * 20_000 + b"&rien=1\n\n")
    _nothing, said = process.communicate(timeout=60)
    watcher.join()
    os.close(ours)
    assert "Ce n'est ni une adresse" in said.decode(), said[-400:]
