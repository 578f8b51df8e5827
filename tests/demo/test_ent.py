"""The demo ENT is a strict provider, and everybody in it opens what their label says."""

import json
import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import KeySet

from publisher.demo.ent import PROFILES
from publisher.model.person import Role
from publisher.model.source import OidcSource, SignInSource
from publisher.sign_in.profile import profile_of
from tests.gate.visiting import query_of
from tests.sign_in.ent_process import PUBLIC_URL, SECRET, RunningEnt, choose, run_ent, visit

REDIRECT = f"{PUBLIC_URL}/retour/demo"
VERIFIER = "v" * 43
CHALLENGE = "7w_YNF9DSfIdPf_pRjSq646_kPr-2-o9NAl16JGghdM"
SOURCE = SignInSource(
    name="demo",
    label="ENT",
    method="oidc",
    protocol=OidcSource(discovery_url="x", client_id="preau"),
    demo=True,
)


@pytest.fixture(name="ent", scope="module")
def _ent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEnt]:
    with run_ent(tmp_path_factory.mktemp("ent")) as ent:
        yield ent


def _authorize(ent: RunningEnt, **changes: str | None) -> str:
    asked = {
        "response_type": "code",
        "client_id": "preau",
        "redirect_uri": REDIRECT,
        "scope": "openid",
        "state": "st",
        "nonce": "no",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changes,
    }
    kept = {name: value for name, value in asked.items() if value is not None}
    return f"{ent.url}/authorize?{urlencode(kept)}"


def _code(ent: RunningEnt) -> str:
    with requests.Session() as browser:
        back = visit(browser, _authorize(ent, login_hint="ines")).headers["Location"]
    return query_of(back)["code"]


def _exchange(ent: RunningEnt, worth: str, **changes: str) -> requests.Response:
    form = {
        "grant_type": "authorization_code",
        "code": worth,
        "redirect_uri": REDIRECT,
        "code_verifier": VERIFIER,
        **changes,
    }
    return requests.post(f"{ent.url}/token", data=form, auth=("preau", SECRET), timeout=10)


def test_it_announces_what_it_does(ent: RunningEnt) -> None:
    """Discovery names the issuer, each address, S256, basic authentication and RS256."""
    announced = requests.get(ent.discovery_url, timeout=10).json()
    assert announced["issuer"] == ent.url
    assert announced["code_challenge_methods_supported"] == ["S256"]
    assert announced["token_endpoint_auth_methods_supported"] == ["client_secret_basic"]
    assert announced["id_token_signing_alg_values_supported"] == ["RS256"]
    keys = requests.get(announced["jwks_uri"], timeout=10).json()["keys"]
    assert [key["kty"] for key in keys] == ["RSA"]
    assert not {"d", "p", "q"} & set(keys[0])


def test_a_hint_signs_in_without_a_page(ent: RunningEnt) -> None:
    """`login_hint=<profile>` gives a code at once; a hint of nobody gives the chooser."""
    with requests.Session() as browser:
        answer = visit(browser, _authorize(ent, login_hint="ines"))
    assert answer.headers["Location"].startswith(f"{REDIRECT}?")
    assert query_of(answer.headers["Location"])["state"] == "st"
    with requests.Session() as browser:
        assert visit(browser, _authorize(ent, login_hint="personne")).status_code == 200


def test_the_chooser_has_one_button_a_profile(ent: RunningEnt) -> None:
    """One click each, in French, without a script."""
    with requests.Session() as browser:
        page = visit(browser, _authorize(ent)).text
    shown = re.findall(r'<button name="profile" value="([^"]+)">([^<]+)</button>', page)
    assert [id_ for id_, _label in shown] == [profile.id for profile in PROFILES]
    assert "<script" not in page
    assert '<html lang="fr">' in page


def test_a_second_application_is_not_asked_again(ent: RunningEnt) -> None:
    """The session of the ENT answers by itself, unless the application asks for the chooser."""
    with requests.Session() as browser:
        choose(browser, _authorize(ent), "samira")
        team = _authorize(ent, redirect_uri=f"{PUBLIC_URL}/equipe/retour/demo")
        assert visit(browser, team).is_redirect
        for prompt in ("login", "select_account"):
            assert visit(browser, _authorize(ent, prompt=prompt)).status_code == 200
        visit(browser, f"{ent.url}/end_session")
        assert visit(browser, team).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "other"},
        {"client_id": None},
        {"redirect_uri": "https://evil.example/retour/demo"},
        {"redirect_uri": f"{REDIRECT}/"},
        {"redirect_uri": f"{REDIRECT}?x=1"},
        {"redirect_uri": None},
    ],
    ids=str,
)
def test_an_unregistered_application_is_told_here(
    ent: RunningEnt, changes: dict[str, str | None]
) -> None:
    """Nobody is sent to an address that is not, exactly, a registered one."""
    with requests.Session() as browser:
        answer = visit(browser, _authorize(ent, login_hint="ines", **changes))
    assert answer.status_code == 400
    assert "Location" not in answer.headers


@pytest.mark.parametrize(
    "changes",
    [
        {"response_type": "token"},
        {"scope": "email"},
        {"state": None},
        {"nonce": None},
        {"code_challenge": None},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": None},
    ],
    ids=str,
)
def test_a_weak_request_gets_no_code(ent: RunningEnt, changes: dict[str, str | None]) -> None:
    """Code flow, state, nonce and PKCE S256 are all required."""
    with requests.Session() as browser:
        answer = visit(browser, _authorize(ent, login_hint="ines", **changes))
    told = query_of(answer.headers["Location"])
    assert told["error"] == "invalid_request"
    assert "code" not in told


def test_a_code_is_exchanged_for_tokens_once(ent: RunningEnt) -> None:
    """The id_token is signed by the announced key, and the same code is then worth nothing."""
    code = _code(ent)
    tokens = _exchange(ent, code).json()
    keys = KeySet.import_key_set(requests.get(f"{ent.url}/jwks", timeout=10).json())
    claims = jwt.decode(tokens["id_token"], keys, algorithms=["RS256"]).claims
    assert (claims["sub"], claims["aud"], claims["nonce"]) == ("demo-ines", "preau", "no")
    authorization = {"Authorization": f"Bearer {tokens['access_token']}"}
    told = requests.get(f"{ent.url}/userinfo", headers=authorization, timeout=10).json()
    assert told["sub"] == "demo-ines"
    again = _exchange(ent, code)
    assert (again.status_code, again.json()) == (400, {"error": "invalid_grant"})


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "invented"},
        {"code_verifier": "w" * 43},
        {"code_verifier": ""},
        {"redirect_uri": f"{PUBLIC_URL}/equipe/retour/demo"},
        {"grant_type": "password"},
    ],
    ids=str,
)
def test_a_wrong_exchange_gets_nothing(ent: RunningEnt, changes: dict[str, str]) -> None:
    """Another code, verifier or address, and the code is spent all the same."""
    code = _code(ent)
    assert _exchange(ent, code, **changes).status_code == 400
    if "code" not in changes:
        assert _exchange(ent, code).status_code == 400


def test_tokens_need_the_secret(ent: RunningEnt) -> None:
    """A wrong secret, or none, is no client; an invented token opens no userinfo."""
    form = {"grant_type": "authorization_code", "code": _code(ent)}
    for auth in (("preau", "wrong"), ("other", SECRET), None):
        assert (
            requests.post(f"{ent.url}/token", data=form, auth=auth, timeout=10).status_code == 401
        )
    invented = {"Authorization": "Bearer x"}
    assert requests.get(f"{ent.url}/userinfo", headers=invented, timeout=10).status_code == 401
    assert requests.get(f"{ent.url}/userinfo", timeout=10).status_code == 401


def test_sign_out_goes_back_to_registered_addresses_only(ent: RunningEnt) -> None:
    """An unknown address gets the goodbye page."""
    with requests.Session() as browser:
        for address, leads in (
            (f"{PUBLIC_URL}/", True),
            ("https://evil.example/", False),
            ("", False),
        ):
            query = urlencode({"post_logout_redirect_uri": address})
            answer = visit(browser, f"{ent.url}/end_session?{query}")
            assert answer.headers.get("Location") == (address if leads else None)


@pytest.mark.parametrize(
    ("id_", "role", "schools", "classes"),
    [
        ("ines", Role.AGENT, set(), set()),
        ("samira", Role.AGENT, set(), set()),
        ("yanis", Role.AGENT, set(), set()),
        ("parent-prevert", Role.FAMILY, {"0920001B"}, {("0920001B", "CP A")}),
        ("parent-prevert-maternelle", Role.FAMILY, {"0920002C"}, {("0920002C", "MS 2")}),
        ("parent-michel", Role.FAMILY, {"0310001H"}, {("0310001H", "CE2 B")}),
        (
            "parent-deux",
            Role.FAMILY,
            {"0920001B", "0310001H"},
            {("0920001B", "CM2"), ("0310001H", "CP A")},
        ),
        ("enfant-prevert", Role.CHILD, {"0920001B"}, {("0920001B", "CM1")}),
        ("enseignante", Role.TEACHER, set(), set()),
        ("agent-mairie", Role.AGENT, set(), set()),
        ("sans-ecole", Role.FAMILY, set(), set()),
    ],
)
def test_what_each_profile_is_for_the_gate(
    id_: str, role: Role, schools: set[str], classes: set[tuple[str, str]]
) -> None:
    """The claims, once they went through JSON, are read as the label says."""
    chosen = next(profile for profile in PROFILES if profile.id == id_)
    claims = json.loads(json.dumps({"sub": chosen.subject, **chosen.claims}))
    profile = profile_of(SOURCE, claims)
    assert profile is not None
    assert (profile.role, profile.schools, profile.classes) == (role, schools, classes)


def test_profiles_are_told_apart() -> None:
    """No two have the same id or label, and shapes vary as real ENTs' do."""
    assert len({profile.id for profile in PROFILES}) == len(PROFILES)
    assert len({profile.label for profile in PROFILES}) == len(PROFILES)
    shapes = {type(value) for profile in PROFILES for value in profile.claims.values()}
    assert shapes == {str, list}
