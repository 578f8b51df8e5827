"""OpenID Connect against the real demo ENT, then against a provider that lies."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from joserfc.jwk import ECKey, KeySet, RSAKey

from publisher.model.person import EntProfile, Role
from publisher.model.source import OidcSource, SignInSource
from publisher.sign_in.method import Arrival, Beginning, Client, SignInFailed, Why
from publisher.sign_in.oidc import OpenIdConnect
from publisher.sign_in.profile import profile_of
from tests.sign_in.ent_process import (
    PUBLIC_URL,
    SECRET,
    RunningEnt,
    choose,
    free_port,
    run_ent,
    visit,
)
from tests.sign_in.hostile import LIES, NONCE, STATE, TOLD, Hostile, Lie, run_hostile


@pytest.fixture(name="ent", scope="module")
def _ent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEnt]:
    with run_ent(tmp_path_factory.mktemp("ent")) as ent:
        yield ent


@pytest.fixture(name="hostile")
def _hostile() -> Iterator[Hostile]:
    with run_hostile() as hostile:
        yield hostile


def client_of(url: str, secret: str = SECRET, **claims: str) -> Client:
    """Préau as the provider at *url* knows it."""
    source = SignInSource(
        name="demo",
        label="ENT",
        method="oidc",
        protocol=OidcSource(
            discovery_url=f"{url}/.well-known/openid-configuration", client_id="preau"
        ),
        claims={fact: (name,) for fact, name in claims.items()},
        demo=True,
    )
    return Client(
        source=source,
        secret=secret,
        redirect_uri=f"{PUBLIC_URL}/retour/demo",
        sign_out_uri=f"{PUBLIC_URL}/sortie/demo",
        folder=Path("centres"),
    )


def begun(client: Client, hint: str | None = None) -> Beginning:
    """A sign-in begun."""
    beginning = OpenIdConnect().begin(client, hint, datetime.now(UTC))
    assert isinstance(beginning, Beginning), beginning
    return beginning


def answer_of(address: str) -> dict[str, str]:
    """The parameters that the ENT sends the person back with."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def completed(
    client: Client, beginning: Beginning, answer: dict[str, str]
) -> EntProfile | SignInFailed:
    """What the answer gives, as a profile."""
    came = OpenIdConnect().complete(client, beginning, answer, datetime.now(UTC))
    if isinstance(came, SignInFailed):
        return came
    return profile_of(client.source, came.claims) or SignInFailed(Why.NOBODY)


def test_one_click_signs_a_parent_in(ent: RunningEnt) -> None:
    """The whole exchange with a real provider gives the profile that was chosen."""
    client = client_of(ent.url)
    beginning = begun(client)
    with requests.Session() as browser:
        back = choose(browser, beginning.address, "parent-prevert")
    assert back.startswith(client.redirect_uri)
    assert completed(client, beginning, answer_of(back)) == EntProfile(
        source="demo",
        subject="demo-parent-prevert",
        role=Role.FAMILY,
        schools=frozenset({"0920001B"}),
        classes=frozenset({("0920001B", "CP A")}),
        given_name="Camille",
    )


def test_what_is_asked_of_the_provider(ent: RunningEnt) -> None:
    """A code, with a state, a nonce and a PKCE challenge, each new at each attempt."""
    client = client_of(ent.url)
    first, second = begun(client), begun(client)
    asked = answer_of(first.address)
    assert asked["response_type"] == "code"
    assert asked["redirect_uri"] == client.redirect_uri
    assert asked["code_challenge_method"] == "S256"
    assert (asked["state"], asked["nonce"]) == (first.state, first.nonce)
    assert "login_hint" not in asked
    assert len({first.state, second.state, first.nonce, second.nonce}) == 4
    assert first.code_verifier != second.code_verifier


def _come_back(client: Client) -> tuple[Beginning, dict[str, str]]:
    beginning = begun(client, "parent-prevert")
    with requests.Session() as browser:
        back = visit(browser, beginning.address).headers["Location"]
    return beginning, answer_of(back)


@pytest.mark.parametrize(
    ("part", "why"),
    [
        ("state", Why.NOT_BEGUN_HERE),
        ("nonce", Why.UNTRUSTED),
        ("code_verifier", Why.UNTRUSTED),
    ],
)
def test_an_answer_to_another_attempt_signs_nobody_in(ent: RunningEnt, part: str, why: Why) -> None:
    """A state, a nonce or a PKCE verifier of another attempt: each is enough to refuse."""
    client = client_of(ent.url)
    beginning, answer = _come_back(client)
    changed = {name: getattr(beginning, name) for name in Beginning.__slots__} | {part: "x" * 43}
    outcome = completed(client, Beginning(**changed), answer)
    assert isinstance(outcome, SignInFailed)
    assert outcome.why is why


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"state": ""}, Why.NOT_BEGUN_HERE),
        ({"state": "é"}, Why.NOT_BEGUN_HERE),
        ({"code": "invented"}, Why.UNTRUSTED),
        ({"code": ""}, Why.CANCELLED),
        ({"iss": "https://other.example"}, Why.UNTRUSTED),
        ({"iss": ""}, Why.UNTRUSTED),
        ({"error": "access_denied"}, Why.CANCELLED),
    ],
)
def test_a_retouched_answer_signs_nobody_in(
    ent: RunningEnt, changes: dict[str, str], why: Why
) -> None:
    """What the browser brings back is believed only whole."""
    client = client_of(ent.url)
    beginning, answer = _come_back(client)
    outcome = completed(client, beginning, {**answer, **changes})
    assert isinstance(outcome, SignInFailed)
    assert outcome.why is why


def test_an_answer_that_does_not_name_its_issuer_is_refused(ent: RunningEnt) -> None:
    """A provider that announces `iss` in its answers is held to it (RFC 9207)."""
    client = client_of(ent.url)
    beginning, answer = _come_back(client)
    del answer["iss"]
    outcome = completed(client, beginning, answer)
    assert isinstance(outcome, SignInFailed)
    assert outcome.why is Why.UNTRUSTED


def test_a_code_is_worth_one_sign_in(ent: RunningEnt) -> None:
    """The same answer given twice signs in once."""
    client = client_of(ent.url)
    beginning, answer = _come_back(client)
    assert isinstance(completed(client, beginning, answer), EntProfile)
    again = completed(client, beginning, answer)
    assert isinstance(again, SignInFailed)
    assert again.why is Why.UNTRUSTED


def test_a_wrong_secret_signs_nobody_in(ent: RunningEnt) -> None:
    """The ENT refuses us, and we refuse the person."""
    client = client_of(ent.url, secret="wrong")
    beginning, answer = _come_back(client)
    outcome = completed(client, beginning, answer)
    assert isinstance(outcome, SignInFailed)
    assert outcome.why is Why.UNTRUSTED


def test_an_ent_that_is_down_is_said_to_be() -> None:
    """Nobody listens there: it is told apart from a refusal, at the beginning and at sign-out."""
    client = client_of(f"http://127.0.0.1:{free_port()}")
    beginning = OpenIdConnect().begin(client, None, datetime.now(UTC))
    assert isinstance(beginning, SignInFailed)
    assert beginning.why is Why.UNREACHABLE
    assert OpenIdConnect().farewell(client, f"{PUBLIC_URL}/") is None


def test_sign_out_goes_on_to_the_ent(ent: RunningEnt) -> None:
    """The ENT forgets this browser too, then sends it back."""
    client = client_of(ent.url)
    with requests.Session() as browser:
        choose(browser, begun(client).address, "ines")
        assert visit(browser, begun(client).address).is_redirect
        address = OpenIdConnect().farewell(client, f"{PUBLIC_URL}/")
        assert address is not None
        assert visit(browser, address).headers["Location"] == f"{PUBLIC_URL}/"
        assert not visit(browser, begun(client).address).is_redirect


_BEGUN = Beginning(address="", state=STATE, nonce=NONCE, code_verifier="")


def hastening() -> float:
    """Seconds that pass a hundred times faster: who waits for ever gives up soon."""
    return time.monotonic() * 100


def _outcome(hostile: Hostile) -> EntProfile | SignInFailed:
    client = client_of(hostile.url)
    came = OpenIdConnect(hastening).complete(client, _BEGUN, hostile.browser, datetime.now(UTC))
    if isinstance(came, SignInFailed):
        return came
    return profile_of(client.source, came.claims) or SignInFailed(Why.NOBODY)


def test_the_lying_provider_can_tell_the_truth(hostile: Hostile) -> None:
    """Without a lie it signs in, so that each refusal below is the lie's doing."""
    hostile.is_true()
    outcome = _outcome(hostile)
    assert isinstance(outcome, EntProfile)
    assert outcome.role is Role.FAMILY


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.name)
def test_a_lie_signs_nobody_in(hostile: Hostile, lie: Lie) -> None:
    """One wrong thing, whichever, ends in a known way."""
    lie.tell(hostile)
    outcome = _outcome(hostile)
    assert isinstance(outcome, SignInFailed)
    assert outcome.why is lie.why


def test_a_token_for_several_names_us(hostile: Hostile) -> None:
    """Several audiences are fine when the authorised party is us."""
    claims = hostile.claims(aud=["other", "preau"], azp="preau")
    hostile.behaves(hostile.signs(claims), TOLD)
    assert isinstance(_outcome(hostile), EntProfile)


def test_es256_is_believed_too(hostile: Hostile) -> None:
    """An elliptic key of the issuer signs as well as an RSA one."""
    key = ECKey.generate_key("P-256", {"kid": "e1"})
    hostile.behaves(hostile.signs(hostile.claims(), key=key, alg="ES256", kid="e1"), TOLD)
    hostile.replies["/jwks"] = (200, KeySet([hostile.key, key]).as_dict(private=False))
    assert isinstance(_outcome(hostile), EntProfile)


def test_an_issuer_that_changed_its_keys_is_asked_again(hostile: Hostile) -> None:
    """A rotation at the ENT does not shut families out until a restart."""
    method, client = OpenIdConnect(), client_of(hostile.url)
    hostile.behaves(hostile.signs(hostile.claims()), TOLD)
    assert isinstance(method.complete(client, _BEGUN, hostile.browser, datetime.now(UTC)), Arrival)
    hostile.key = RSAKey.generate_key(2048, {"kid": "k2"})
    hostile.behaves(hostile.signs(hostile.claims(), kid="k2"), TOLD)
    assert isinstance(method.complete(client, _BEGUN, hostile.browser, datetime.now(UTC)), Arrival)


def test_what_is_announced_is_asked_once_a_minute(hostile: Hostile) -> None:
    """A crowd of families in the evening asks the ENT for its addresses once."""
    now = [0.0]
    method, client = OpenIdConnect(lambda: now[0]), client_of(hostile.url)
    hostile.behaves("", {})
    for at, times_asked in ((0.0, 1), (59.0, 1), (60.0, 2)):
        now[0] = at
        assert isinstance(method.begin(client, None, datetime.now(UTC)), Beginning)
        assert hostile.asked.count("/jwks") == times_asked


def test_a_provider_that_failed_is_left_alone_for_some_seconds(hostile: Hostile) -> None:
    """An ENT in trouble is not asked by each family, and is found again once it answers."""
    now = [0.0]
    method, client = OpenIdConnect(lambda: now[0]), client_of(hostile.url)
    discovery = "/.well-known/openid-configuration"
    for at, times_asked in ((0.0, 1), (4.0, 1), (5.0, 2)):
        now[0] = at
        assert isinstance(method.begin(client, None, datetime.now(UTC)), SignInFailed)
        assert hostile.asked.count(discovery) == times_asked
    hostile.behaves("", {})
    now[0] = 10.0
    assert isinstance(method.begin(client, None, datetime.now(UTC)), Beginning)


def test_a_redirection_is_never_followed(hostile: Hostile) -> None:
    """A provider cannot send our secret or our token elsewhere."""
    hostile.behaves(hostile.signs(hostile.claims()), TOLD)
    hostile.replies["/token"] = (307, {})
    _outcome(hostile)
    assert "/userinfo" not in hostile.asked


def test_without_announced_pkce_none_is_sent(hostile: Hostile) -> None:
    """The vendor entcore announces `plain` only: no verifier is made for it."""
    hostile.behaves("", {}, code_challenge_methods_supported=["plain"])
    beginning = begun(client_of(hostile.url))
    assert beginning.code_verifier == ""
    assert "code_challenge" not in beginning.address


def test_entcores_userinfo_names_the_person_by_another_claim(hostile: Hostile) -> None:
    """Without `sub`, the source's own subject claim must be the id_token's subject."""
    hostile.behaves(
        hostile.signs(hostile.claims()), {"externalId": "s1", "type": "Relative", "uai": "0920001B"}
    )
    named = client_of(hostile.url, subject="externalId", role="type", schools="uai")
    outcome = completed(named, _BEGUN, hostile.browser)
    assert isinstance(outcome, EntProfile)
    assert (outcome.subject, outcome.schools) == ("s1", {"0920001B"})
    hostile.replies["/userinfo"] = (200, {"externalId": "s2", "type": "Relative"})
    assert isinstance(completed(named, _BEGUN, hostile.browser), SignInFailed)


def test_a_profile_that_names_nobody_signs_nobody_in(hostile: Hostile) -> None:
    """A school's code in place of a person is refused."""
    hostile.behaves(hostile.signs(hostile.claims(sub="0920001B")), {"sub": "0920001B"})
    outcome = _outcome(hostile)
    assert isinstance(outcome, SignInFailed)
    assert outcome.why is Why.NOBODY
