"""Accounts of Préau's own: passwords, tries that are counted, the second factor, sign-ins."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, timedelta
from html import unescape
from pathlib import Path

import pyotp
import pytest

from publisher.authoring.app import make_authoring
from publisher.authoring.local_door import network_of
from publisher.centres import TownOnDisk
from publisher.model.person import LOCAL, StaffRole
from publisher.sign_in.passwords import Passwords
from publisher.sign_in.pseudonym import pseudonym
from tests.authoring.conftest import HERE, TILLEULS, Desk
from tests.authoring.team import (
    BASE,
    CHEAP,
    WORDS,
    Browser,
    allow_local_accounts,
    browser,
    hidden,
    join_by_account,
    offer,
)

DOOR, ACCOUNT = "/equipe/compte/entrer", "/equipe/compte"
HOME = f"/equipe/{TILLEULS}/"
NAME = "girafe.lac"


class Counting(Passwords):
    """Counts what is digested."""

    def __init__(self) -> None:
        super().__init__(CHEAP)
        self.looked_at: list[str | None] = []

    def is_right(self, kept: str | None, password: str) -> bool:
        """Count, and say."""
        self.looked_at.append(kept)
        return super().is_right(kept, password)


@pytest.fixture(name="passwords")
def _passwords() -> Counting:
    return Counting()


@pytest.fixture(name="town")
def _town(desk: Desk, passwords: Counting) -> Desk:
    """The desk of a town that allows accounts of our own."""
    allow_local_accounts(desk)
    town = TownOnDisk(desk.instance)
    desk.app = make_authoring(town, desk.settings, desk.records, desk.hour, passwords)
    return desk


def person(desk: Desk, identifier: str = NAME) -> str:
    """The pseudonym of an identifier."""
    return pseudonym(desk.settings.pseudonym_key, LOCAL, identifier)


def enter(
    desk: Desk, identifier: str = NAME, password: str = WORDS, address: str = "127.0.0.1"
) -> Browser:
    """A new browser that gave a password."""
    somebody = browser(desk, address)
    somebody.get(DOOR)
    somebody.post(DOOR, {"identifiant": identifier, "mot_de_passe": password})
    return somebody


def status(somebody: Browser) -> int:
    """What the browser was last answered."""
    assert somebody.page is not None
    return somebody.page.status_code


def text(somebody: Browser) -> str:
    """The page the browser shows."""
    assert somebody.page is not None
    return somebody.page.text


def secret_in(somebody: Browser) -> str:
    """The one-time secret that the page writes in letters."""
    found = re.search(r'class="code">([A-Z2-7 ]+)<', text(somebody))
    assert found is not None
    return found[1].replace(" ", "")


def code_now(desk: Desk, secret: str, steps: int = 0) -> str:
    """The six digits a telephone shows, some steps away from now."""
    return pyotp.TOTP(secret).generate_otp(int(desk.hour().timestamp()) // 30 + steps)


def add_application(desk: Desk, somebody: Browser) -> tuple[str, list[str]]:
    """Set the lock of an application: its secret, and the recovery codes shown, if any."""
    somebody.get(f"{ACCOUNT}/application")
    secret = secret_in(somebody)
    sealed = hidden(somebody.page, "graine") if somebody.page else ""
    somebody.post(f"{ACCOUNT}/application", {"graine": sealed, "code": code_now(desk, secret)})
    desk.hour.at += timedelta(seconds=60)
    return secret, re.findall(r'class="code">([A-Z2-9]{5}-[A-Z2-9]{5})<', text(somebody))


def test_an_account_opens_what_its_invitation_gave(town: Desk) -> None:
    """Made, left, and entered again: capitals and blanks of the identifier do not matter."""
    somebody = join_by_account(town)
    assert status(somebody) == 200
    assert somebody.get(HOME).status_code == 200
    again = enter(town, "  Girafe.LAC ")
    assert again.follow().request.path == HOME


def test_nothing_of_a_person_is_kept(town: Desk) -> None:
    """Neither the identifier nor the password is in any file of the database."""
    join_by_account(town)
    database = Path(town.settings.database_url.removeprefix("sqlite:///"))
    raw = b"".join(path.read_bytes() for path in database.parent.glob(f"{database.name}*"))
    assert b"girafe" not in raw.lower()
    assert b"quatre" not in raw
    assert b"argon2id" in raw


def test_a_wrong_password_and_an_unknown_account_are_answered_alike(
    town: Desk, passwords: Counting
) -> None:
    """The same page, byte for byte but for what was typed, and a digest is checked for each."""
    join_by_account(town)
    passwords.looked_at.clear()
    known, unknown = enter(town, NAME, "x" * 12), enter(town, "zebre.bois", "x" * 12)
    pages = [
        re.sub(r'value="[^"]*"', "", text(one)).replace(name, "")
        for one, name in ((known, NAME), (unknown, "zebre.bois"))
    ]
    assert (status(known), status(unknown)) == (403, 403)
    assert pages[0] == pages[1]
    assert len(passwords.looked_at) == 2
    assert passwords.looked_at[1] is None


def test_the_password_is_never_shown_again(town: Desk) -> None:
    """A wrong one leaves the identifier to be put right, and nothing else."""
    somebody = enter(town, NAME, "un mot de passe faux")
    assert f'value="{NAME}"' in text(somebody)
    assert "un mot de passe faux" not in text(somebody)


@pytest.mark.parametrize("name", [NAME, "zebre.bois"])
def test_tries_at_one_account_wait_longer_and_longer(town: Desk, name: str) -> None:
    """Whether or not it exists: two are free, then a wait that doubles, ten minutes at the tenth."""
    join_by_account(town)
    for _free in range(2):
        assert status(enter(town, name, "x" * 12)) == 403
    waits = []
    for _try in range(3, 13):
        assert status(enter(town, name, "x" * 12)) == 403
        waiting = enter(town, name, "x" * 12)
        assert status(waiting) == 429
        said = re.search(r"Réessayez dans (\d+) (seconde|minute)", text(waiting))
        assert said is not None
        waits.append(f"{said[1]} {said[2][0]}")
        town.hour.at += timedelta(seconds=int(said[1]) * (60 if said[2] == "minute" else 1))
    assert waits == ["5 s", "10 s", "20 s", "40 s", "2 m", "3 m", "6 m", "10 m", "20 m", "40 m"]


def test_the_tenth_failure_locks_even_the_right_password(town: Desk) -> None:
    """For ten minutes, from any network; the page says how long, and whom to call."""
    join_by_account(town)
    for _try in range(10):
        assert status(enter(town, NAME, "x" * 12)) == 403
        town.hour.at += timedelta(seconds=321)
    town.hour.at -= timedelta(seconds=321)
    for address in ("127.0.0.1", "192.0.2.9"):
        locked = enter(town, NAME, WORDS, address)
        assert status(locked) == 429
        assert "10 minutes" in text(locked)
        assert "01 99 00 10 00" in text(locked)
    town.hour.at += timedelta(minutes=10)
    assert status(enter(town, NAME, WORDS)) == 303


def test_a_hundred_tries_at_once_are_a_hundred_tries(town: Desk, passwords: Counting) -> None:
    """A try is counted before its password is looked at: the third in a second already waits."""
    join_by_account(town)
    passwords.looked_at.clear()
    statuses = [status(enter(town, NAME, "x" * 12)) for _try in range(20)]
    assert statuses == [403] * 3 + [429] * 17
    assert len(passwords.looked_at) == 3


def test_one_network_tries_a_few_times_a_minute_whatever_the_accounts(
    town: Desk, passwords: Counting
) -> None:
    """Thirty, then one a minute: a list of common identifiers takes longer than anybody has."""
    passwords.looked_at.clear()
    for number in range(200):
        enter(town, f"personne-{number}", "x" * 12, "192.0.2.7")
        town.hour.at += timedelta(seconds=1)
    assert len(passwords.looked_at) <= 30 + 200 // 60 + 1
    assert status(enter(town, "personne-0", "x" * 12, "192.0.2.8")) == 403


def test_coming_in_gives_the_tries_back(town: Desk) -> None:
    """A team of forty behind one address comes in of a morning."""
    join_by_account(town)
    for _one in range(40):
        assert status(enter(town, NAME, WORDS, "192.0.2.7")) == 303


@pytest.mark.parametrize(
    ("environ", "network"),
    [
        ({"REMOTE_ADDR": "192.0.2.7"}, "192.0.2.7"),
        ({"REMOTE_ADDR": "192.0.2.7", "HTTP_X_FORWARDED_FOR": "203.0.113.9"}, "192.0.2.7"),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "203.0.113.9"}, "203.0.113.9"),
        (
            {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "6.6.6.6, 203.0.113.9"},
            "203.0.113.9",
        ),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "nonsense"}, "127.0.0.1"),
        ({"REMOTE_ADDR": "2001:db8:1:2:3:4:5:6"}, "2001:0db8:0001:0002"),
        ({"REMOTE_ADDR": "::ffff:192.0.2.7"}, "192.0.2.7"),
        ({}, "None"),
    ],
)
def test_a_network_is_what_our_own_proxy_says(environ: dict[str, str], network: str) -> None:
    """The last address that a proxy of this machine wrote; a stranger's word is not read."""
    assert network_of(environ) == network


def test_no_address_is_kept(town: Desk) -> None:
    """A digest of it, for minutes."""
    enter(town, NAME, "x" * 12, "203.0.113.77")
    database = Path(town.settings.database_url.removeprefix("sqlite:///"))
    raw = b"".join(path.read_bytes() for path in database.parent.glob(f"{database.name}*"))
    assert b"203.0.113" not in raw


def test_a_director_does_nothing_before_a_second_factor(town: Desk) -> None:
    """Every page leads to the locks, every form too; an animator is not asked."""
    director = join_by_account(town, StaffRole.DIRECTOR)
    assert director.page is not None
    assert director.page.request.path == ACCOUNT
    assert "Encore un pas" in text(director)
    for path in (HOME, f"/equipe/{TILLEULS}/personnes", f"/equipe/{TILLEULS}/nouveau/reminder"):
        assert director.get(path).headers["Location"] == ACCOUNT
    director.get(ACCOUNT)
    answer = director.post(f"/equipe/{TILLEULS}/personnes/inviter", {"role": "directeur"})
    assert answer.headers["Location"] == ACCOUNT
    assert town.records.staff.open_invitations(town.hour()) == ()
    add_application(town, director)
    assert director.get(HOME).status_code == 200


def test_the_second_factor_is_asked_at_each_sign_in(town: Desk) -> None:
    """The password alone opens nothing; its code, then, opens all, and serves once."""
    secret, _codes = add_application(town, join_by_account(town, StaffRole.DIRECTOR))
    somebody = enter(town)
    assert "/equipe/compte/second" in (somebody.page.headers["Location"] if somebody.page else "")
    assert somebody.get(HOME).status_code == 302
    assert "/equipe/entrer" in (somebody.page.headers["Location"] if somebody.page else "")
    somebody.get("/equipe/compte/second")
    code = code_now(town, secret)
    assert somebody.post("/equipe/compte/second", {"code": "000000"}).status_code == 403
    assert somebody.post("/equipe/compte/second", {"code": code}).status_code == 303
    assert somebody.get(HOME).status_code == 200
    again = enter(town)
    again.get("/equipe/compte/second")
    assert again.post("/equipe/compte/second", {"code": code}).status_code == 403
    town.hour.at += timedelta(seconds=30)
    assert (
        again.post("/equipe/compte/second", {"code": code_now(town, secret, -2)}).status_code == 403
    )


def test_a_code_of_the_step_before_is_accepted_unless_a_later_one_was_used(town: Desk) -> None:
    """Fingers are late; a code that was read over a shoulder is worth nothing after its owner's."""
    secret, _codes = add_application(town, join_by_account(town, StaffRole.DIRECTOR))
    late, thief = enter(town), enter(town)
    for one in (late, thief):
        one.get("/equipe/compte/second")
    before = code_now(town, secret, -1)
    assert (
        late.post("/equipe/compte/second", {"code": f" {before[:3]} {before[3:]}"}).status_code
        == 303
    )
    assert thief.post("/equipe/compte/second", {"code": before}).status_code == 403


def test_codes_are_counted_too(town: Desk) -> None:
    """Six digits are a million: nobody tries more than a few."""
    secret, _codes = add_application(town, join_by_account(town, StaffRole.DIRECTOR))
    somebody = enter(town)
    somebody.get("/equipe/compte/second")
    statuses = [
        somebody.post("/equipe/compte/second", {"code": f"{number:06}"}).status_code
        for number in range(10)
    ]
    assert statuses == [403] * 3 + [429] * 7
    right = code_now(town, secret)
    assert somebody.post("/equipe/compte/second", {"code": right}).status_code == 429


def test_a_recovery_code_serves_once_and_for_its_own_account(town: Desk) -> None:
    """After the password, in place of the telephone."""
    _secret, codes = add_application(town, join_by_account(town, StaffRole.DIRECTOR))
    other = join_by_account(town, StaffRole.DIRECTOR, "zebre.bois")
    _secret, others = add_application(town, other)
    assert len(codes) == 8
    for code, expected in ((others[0], 403), (codes[0].lower(), 303), (codes[0], 403)):
        somebody = enter(town)
        somebody.get("/equipe/compte/second")
        assert somebody.post("/equipe/compte/second", {"code": code}).status_code == expected


def test_new_recovery_codes_end_the_ones_before(town: Desk) -> None:
    """And each was shown once."""
    director = join_by_account(town, StaffRole.DIRECTOR)
    _secret, before = add_application(town, director)
    director.get(ACCOUNT)
    director.post(f"{ACCOUNT}/secours")
    after = re.findall(r'class="code">([A-Z2-9]{5}-[A-Z2-9]{5})<', text(director))
    assert len(set(after) - set(before)) == 8
    assert after[0] not in director.get(ACCOUNT).text
    for code, expected in ((before[0], 403), (after[0], 303)):
        somebody = enter(town)
        somebody.get("/equipe/compte/second")
        assert somebody.post("/equipe/compte/second", {"code": code}).status_code == expected


def test_the_second_page_opens_to_who_gave_the_password_for_ten_minutes(town: Desk) -> None:
    """Nobody else sees it, and a forged or old half is nothing."""
    secret, _codes = add_application(town, join_by_account(town, StaffRole.DIRECTOR))
    stranger = browser(town)
    assert stranger.get("/equipe/compte/second").headers["Location"] == DOOR
    somebody = enter(town)
    somebody.get("/equipe/compte/second")
    town.hour.at += timedelta(minutes=10)
    answer = somebody.post("/equipe/compte/second", {"code": code_now(town, secret)})
    assert answer.headers["Location"] == DOOR


def test_the_secret_is_sealed_and_another_account_cannot_use_it(town: Desk) -> None:
    """What is in the database is neither the secret nor any use in another row."""
    secret, _codes = add_application(town, join_by_account(town, StaffRole.DIRECTOR))
    locks = town.records.local_accounts.locks_of(person(town))
    assert locks is not None
    assert secret not in locks.totp
    other = join_by_account(town, StaffRole.DIRECTOR, "zebre.bois")
    add_application(town, other)
    town.records.local_accounts.keep_totp(person(town, "zebre.bois"), locks.totp, 0)
    thief = enter(town, "zebre.bois")
    thief.get("/equipe/compte/second")
    assert thief.post("/equipe/compte/second", {"code": code_now(town, secret)}).status_code == 403


def test_a_secret_survives_a_new_signing_key(town: Desk) -> None:
    """It is sealed again by the newest key at each use, so that the old key can be taken away."""
    secret, _codes = add_application(town, join_by_account(town, StaffRole.DIRECTOR))
    old = town.settings.authoring_keys
    new = "n" * 48
    for keys in ((*old, new), (new,)):
        settings = type(town.settings)(
            **{
                name: getattr(town.settings, name)
                for name in town.settings.__dataclass_fields__
                if name != "authoring_keys"
            },
            authoring_keys=keys,
        )
        town.app = make_authoring(
            TownOnDisk(town.instance), settings, town.records, town.hour, Passwords(CHEAP)
        )
        somebody = enter(town)
        somebody.get("/equipe/compte/second")
        answer = somebody.post("/equipe/compte/second", {"code": code_now(town, secret)})
        assert answer.status_code == 303
        town.hour.at += timedelta(seconds=60)


def test_each_sign_in_is_new_and_ends_the_one_before(town: Desk) -> None:
    """A pass that was planted or copied before is worth nothing after (session fixation)."""
    join_by_account(town)
    somebody = enter(town)
    cookie = town.passes().cookie
    before = somebody.client.get_cookie(cookie, domain="127.0.0.1")
    assert before is not None
    somebody.get(DOOR)
    somebody.post(DOOR, {"identifiant": NAME, "mot_de_passe": WORDS})
    after = somebody.client.get_cookie(cookie, domain="127.0.0.1")
    assert after is not None
    assert after.value != before.value
    copied = browser(town)
    copied.client.set_cookie(cookie, before.value, domain="127.0.0.1")
    assert copied.get(HOME).status_code == 302
    assert somebody.get(HOME).status_code == 200


def test_locks_are_changed_by_who_has_just_come_in(town: Desk) -> None:
    """A pass older than a quarter of an hour changes no lock: it leads to the door first."""
    somebody = join_by_account(town)
    somebody.get(ACCOUNT)
    town.hour.at += timedelta(minutes=15)
    before = town.records.local_accounts.password_of(person(town))
    for act, fields in (
        ("mot-de-passe", {"identifiant": NAME, "mot_de_passe": "cinq zèbres sous la pluie"}),
        ("application", {"graine": "x", "code": "123456"}),
        ("retirer", {"verrou": "application"}),
    ):
        somebody.get(ACCOUNT)
        answer = somebody.post(f"{ACCOUNT}/{act}", fields)
        assert answer.headers["Location"].startswith(f"{DOOR}?vers=/equipe/compte")
    assert somebody.get(f"{ACCOUNT}/application").status_code == 303
    assert town.records.local_accounts.password_of(person(town)) == before


def test_a_new_password_ends_the_other_sign_ins(town: Desk) -> None:
    """The browser that changed it stays in; every other must come in again, by the new one."""
    join_by_account(town)
    here, elsewhere = enter(town), enter(town)
    assert elsewhere.get(HOME).status_code == 200
    here.get(f"{ACCOUNT}/mot-de-passe")
    new = {"identifiant": NAME, "mot_de_passe": "cinq zèbres sous la pluie"}
    wrong = here.post(f"{ACCOUNT}/mot-de-passe", {**new, "identifiant": "zebre"})
    assert (wrong.status_code, "Ce n'est pas l'identifiant" in unescape(wrong.text)) == (422, True)
    assert here.post(f"{ACCOUNT}/mot-de-passe", new).status_code == 303
    assert here.get(HOME).status_code == 200
    assert elsewhere.get(HOME).status_code == 302
    assert status(enter(town)) == 403
    assert status(enter(town, NAME, "cinq zèbres sous la pluie")) == 303


def test_the_last_lock_of_a_director_stays(town: Desk) -> None:
    """A right that asks for a second factor keeps one; an animator may take theirs away."""
    director = join_by_account(town, StaffRole.DIRECTOR)
    add_application(town, director)
    director.get(ACCOUNT)
    answer = director.post(f"{ACCOUNT}/retirer", {"verrou": "application"})
    assert answer.status_code == 422
    assert "celui-là reste" in answer.text
    animator = join_by_account(town, identifier="zebre.bois")
    add_application(town, animator)
    animator.get(ACCOUNT)
    assert animator.post(f"{ACCOUNT}/retirer", {"verrou": "application"}).status_code == 303
    locks = town.records.local_accounts.locks_of(person(town, "zebre.bois"))
    assert locks is not None
    assert not locks.is_double


def test_the_pages_of_an_account_are_its_own(town: Desk) -> None:
    """Somebody of an ENT has none, and somebody without a right has still theirs."""
    ines = town.visitor("ines")
    assert ines.get(ACCOUNT).status_code == 404
    somebody = join_by_account(town)
    town.records.revoke_staff(person(town), TILLEULS)
    assert somebody.get(ACCOUNT).status_code == 200
    assert somebody.get(HOME).status_code == 404


def test_a_town_that_allows_none_has_no_such_door(town: Desk) -> None:
    """No page, no form, and the passes that were given open nothing any more."""
    somebody = join_by_account(town)
    path = offer(town).path
    file = town.instance / "centres" / "town.toml"
    file.write_text(
        file.read_text(encoding="utf-8").replace("local_accounts = true", ""), encoding="utf-8"
    )
    assert somebody.get(HOME).status_code == 302
    stranger = browser(town)
    assert "Compte Préau" not in stranger.get("/equipe/entrer").text
    for page in (DOOR, "/equipe/compte/second", f"{path}/compte"):
        assert stranger.get(page).headers["Location"].startswith("/equipe/entrer?")
    stranger.get("/equipe/invitation")
    for form in (DOOR, "/equipe/compte/second", f"{path}/compte"):
        answer = stranger.client.post(
            form, data={"jeton": hidden_of(stranger)}, base_url=BASE, headers=HERE
        )
        assert answer.status_code == 404


def hidden_of(somebody: Browser) -> str:
    """The token of the page that is open, asked again when it has none."""
    page = somebody.get("/equipe/invitation")
    return hidden(page, "jeton")


@contextmanager
def at_door(desk: Desk) -> Iterator[Browser]:
    """A browser that has the door open."""
    somebody = browser(desk)
    somebody.get(DOOR)
    yield somebody


def test_nobody_is_signed_in_by_another_site(town: Desk) -> None:
    """Login CSRF: without this browser's own token, or from elsewhere, nobody comes in."""
    join_by_account(town)
    fields = {"identifiant": NAME, "mot_de_passe": WORDS}
    with at_door(town) as thief, at_door(town) as victim:
        stolen = hidden(thief.page, "jeton") if thief.page else ""
        for token in ("", stolen):
            answer = victim.client.post(
                DOOR, data={**fields, "jeton": token}, headers=HERE, base_url=BASE
            )
            assert answer.status_code == 303
            assert "ancienne" in answer.headers["Location"]
        foreign = victim.client.post(
            DOOR,
            data={**fields, "jeton": hidden(victim.page, "jeton") if victim.page else ""},
            headers={"Origin": "https://ailleurs.example"},
            base_url=BASE,
        )
        assert foreign.status_code == 403
        assert victim.get(HOME).status_code == 302


@pytest.mark.parametrize(
    "back", ["https://mechant.example/", "//mechant.example", "/\\mechant", "/les-tilleuls/"]
)
def test_one_goes_back_to_a_page_of_this_app(town: Desk, back: str) -> None:
    """After the password, and after the second factor (open redirect)."""
    join_by_account(town)
    somebody = browser(town)
    somebody.get(f"{DOOR}?vers={back}")
    answer = somebody.post(f"{DOOR}?vers={back}", {"identifiant": NAME, "mot_de_passe": WORDS})
    assert answer.headers["Location"] == "/equipe/"


@pytest.mark.parametrize(
    ("identifier", "password", "says"),
    [
        ("ab", WORDS, "de 3 à 80"),
        ("marelle", "court", "au moins 12"),
        ("marelle", "motdepasse2026!", "premiers que l'on essaie"),
        ("marelle", "j'aime la Marelle !", "contient votre identifiant"),
        ("marelle", "Les Tilleuls 2026", "premiers que l'on essaie"),
    ],
)
def test_an_account_that_cannot_be_made_is_said_and_kept(
    town: Desk, identifier: str, password: str, says: str
) -> None:
    """What to do next, the identifier still there, the password not; the invitation unused."""
    path = offer(town).path
    somebody = browser(town)
    somebody.get(f"{path}/compte")
    answer = somebody.post(f"{path}/compte", {"identifiant": identifier, "mot_de_passe": password})
    assert answer.status_code == 422
    assert says in unescape(answer.text)
    assert f'value="{identifier}"' in answer.text
    assert password not in answer.text
    assert len(town.records.staff.open_invitations(town.hour())) == 1


def test_a_failure_shows_no_secret(town: Desk) -> None:
    """What is shown again when all else fails leaves passwords and codes out."""
    join_by_account(town)
    with at_door(town) as somebody:
        town.records.tries._engine.dispose()
        database = Path(town.settings.database_url.removeprefix("sqlite:///"))
        broken = database.with_suffix(".away")
        for path in database.parent.glob(f"{database.name}*"):
            path.rename(broken.with_name(f"{path.name}.away"))
        answer = somebody.post(DOOR, {"identifiant": NAME, "mot_de_passe": WORDS})
    assert answer.status_code >= 500
    assert WORDS not in answer.text


def test_a_sign_in_is_a_working_day(town: Desk) -> None:
    """Twelve hours, as every pass of the team."""
    somebody = join_by_account(town)
    town.hour.at = town.hour.at.astimezone(UTC) + timedelta(hours=12, seconds=-1)
    assert somebody.get(HOME).status_code == 200
    town.hour.at += timedelta(seconds=1)
    assert somebody.get(HOME).status_code == 302
