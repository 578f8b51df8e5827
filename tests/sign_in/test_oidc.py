"""OpenID Connect against the real demo ENT, then against a provider that lies."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import requests
from joserfc.jwk import ECKey, KeySet, RSAKey

from publisher.model.person import EntProfile, Role
from publisher.model.source import OidcSource, SignInSource
from publisher.sign_in.method import (
    Arrival,
    Beginning,
    Client,
    Message,
    SignInFailed,
    SourceSignOut,
    Why,
)
from publisher.sign_in.oidc import CLOCKS_DIFFER_S, LOGOUT_EVENT, OpenIdConnect
from publisher.sign_in.profile import profile_of
from tests.lemonldap.people import PARENT_OF_TWO_SCHOOLS
from tests.lemonldap.record import WIRE
from tests.sign_in.ent_process import (
    PUBLIC_URL,
    SECRET,
    RunningEnt,
    choose,
    free_port,
    run_ent,
    visit,
)
from tests.sign_in.hostile import (
    LIES,
    NONCE,
    STATE,
    STRANGER,
    SUBJECT,
    TOLD,
    Hostile,
    Lie,
    Raw,
    handmade,
    run_hostile,
)

FRONT_CHANNEL = WIRE / "lemonldap-oidc-logout-front-channel.txt"


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


def _outcome(
    hostile: Hostile, ticks: Callable[[], float] = time.monotonic
) -> EntProfile | SignInFailed:
    client = client_of(hostile.url)
    came = OpenIdConnect(ticks).complete(client, _BEGUN, hostile.browser, datetime.now(UTC))
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
    outcome = _outcome(hostile, hastening if lie.never_ends else time.monotonic)
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


def _client(hostile: Hostile, **protocol: str | bool) -> Client:
    """Préau as the lying provider knows it, the source configured with *protocol* besides."""
    client = client_of(hostile.url)
    assert isinstance(client.source.protocol, OidcSource)
    settings = replace(client.source.protocol, **protocol)  # type: ignore[arg-type]  # its own fields
    return replace(client, source=replace(client.source, protocol=settings))


def _arrived(hostile: Hostile, client: Client) -> Arrival | SignInFailed:
    return OpenIdConnect().complete(client, _BEGUN, hostile.browser, datetime.now(UTC))


def _asked_of(hostile: Hostile, path: str) -> tuple[str, Mapping[str, str], bytes]:
    (asked,) = [one for one in hostile.requests if one[0].partition("?")[0] == path]
    return asked


def test_entcores_userinfo_is_asked_for_by_version_and_accept(hostile: Hostile) -> None:
    """Both are asked as configured, and neither parameter nor another type when nothing says so."""
    hostile.is_true()
    asked = "application/json;version=2.0"
    client = _client(hostile, userinfo_version="2.0", userinfo_accept=asked)
    assert isinstance(_arrived(hostile, client), Arrival)
    address, headers, _body = _asked_of(hostile, "/userinfo")
    assert (address, headers["Accept"]) == ("/userinfo?version=2.0", asked)
    hostile.requests.clear()
    assert isinstance(_arrived(hostile, _client(hostile)), Arrival)
    address, headers, _body = _asked_of(hostile, "/userinfo")
    assert (address, headers["Accept"]) == ("/userinfo", "application/json")


def test_a_signed_userinfo_is_believed(hostile: Hostile) -> None:
    """ProConnect signs it: its claims count as those of the other kind do."""
    hostile.is_true()
    told = {**TOLD, "iss": hostile.url, "aud": "preau"}
    hostile.replies["/userinfo"] = (
        200,
        Raw(body=hostile.signs(told).encode(), content_type="application/jwt; charset=utf-8"),
    )
    arrival = _arrived(hostile, _client(hostile))
    assert isinstance(arrival, Arrival)
    assert arrival.claims == TOLD


def test_what_is_the_protocols_is_no_claim_about_the_person(hostile: Hostile) -> None:
    """Dates, nonce, audience and session are left aside; what the ENT says of the person stays."""
    hostile.behaves(hostile.signs(hostile.claims(sid="z", acr="1", email="a@b.example")), TOLD)
    arrival = _arrived(hostile, _client(hostile))
    assert isinstance(arrival, Arrival)
    assert arrival.claims.keys() == {"sub", "email", "ENTPersonProfils"}
    assert (arrival.session, arrival.answers) == ("z", STATE)


def test_a_provider_that_names_no_session_has_the_persons(hostile: Hostile) -> None:
    """Entcore and LemonLDAP::NG 2.16 give no `sid`: what they end, they name by the person."""
    hostile.is_true()
    arrival = _arrived(hostile, _client(hostile))
    assert isinstance(arrival, Arrival)
    assert arrival.session == SUBJECT


def test_an_issuer_of_another_name_is_believed_when_it_is_the_configured_one(
    hostile: Hostile,
) -> None:
    """Some ENTs do not stand where their issuer says: that one name is then the only one."""
    named = "https://ent.example"
    hostile.is_true(issuer=named)
    client = _client(hostile, issuer=named)
    assert isinstance(OpenIdConnect().begin(client, None, datetime.now(UTC)), Beginning)
    hostile.is_true()
    assert isinstance(OpenIdConnect().begin(client, None, datetime.now(UTC)), SignInFailed)


@pytest.mark.parametrize(
    ("announced", "in_body"),
    [
        (["client_secret_post"], True),
        (["client_secret_post", "private_key_jwt"], True),
        (["client_secret_post", "client_secret_basic"], False),
        (["client_secret_basic"], False),
        (None, False),
    ],
    ids=str,
)
def test_the_secret_goes_as_the_provider_takes_it(
    hostile: Hostile, announced: list[str] | None, *, in_body: bool
) -> None:
    """In a header, or in the body where the provider takes it nowhere else: never in both."""
    hostile.is_true(token_endpoint_auth_methods_supported=announced)
    assert isinstance(_arrived(hostile, _client(hostile)), Arrival)
    _address, headers, body = _asked_of(hostile, "/token")
    assert (b"client_secret=" in body) is in_body
    assert ("Authorization" in headers) is not in_body


def test_scopes_that_are_not_announced_are_said(
    hostile: Hostile, caplog: pytest.LogCaptureFixture
) -> None:
    """Entcore answers `server_error` to a scope it does not know: the log says which it is."""
    hostile.is_true(scopes_supported=["openid", "userinfo"])
    client = _client(hostile, scope="openid userinfo email")
    beginning = OpenIdConnect().begin(client, None, datetime.now(UTC))
    assert isinstance(beginning, Beginning)
    assert answer_of(beginning.address)["scope"] == "openid userinfo email"
    assert "demo does not announce the scopes email" in caplog.text


def test_what_the_provider_says_went_wrong_is_known_words_only(hostile: Hostile) -> None:
    """The standard's words are kept for the log, and anything else in the address is not."""
    hostile.is_true()
    for error, kept in (("server_error", "server_error"), ("Mme Durand", "no code")):
        hostile.browser = {"state": STATE, "error": error}
        assert _arrived(hostile, _client(hostile)) == SignInFailed(Why.CANCELLED, kept)


def test_a_source_without_farewell_is_not_left(hostile: Hostile) -> None:
    """ProConnect wants its own token back, which is not kept: leaving Préau goes no further."""
    hostile.is_true(end_session_endpoint=f"{hostile.url}/end")
    assert OpenIdConnect().farewell(_client(hostile), PUBLIC_URL) is not None
    assert OpenIdConnect().farewell(_client(hostile, has_farewell=False), PUBLIC_URL) is None


def _logout(hostile: Hostile, **changes: object) -> dict[str, object]:
    """The claims of a true logout token, with *changes*; one that is None is left out."""
    said = {"jti": "j1", "events": {LOGOUT_EVENT: {}}, "nonce": None, **changes}
    return hostile.claims(**said)


def _heard(hostile: Hostile, token: str) -> Arrival | SourceSignOut | SignInFailed:
    message = Message(
        method="POST",
        query={},
        form={"logout_token": token},
        content_type="application/x-www-form-urlencoded",
        body=b"",
    )
    return OpenIdConnect().receive(_client(hostile), message, datetime.now(UTC))


@pytest.mark.parametrize(
    ("said", "session", "subject"),
    [
        ({}, "", SUBJECT),
        ({"sid": "z"}, "z", ""),
        ({"sid": "z", "sub": None}, "z", ""),
    ],
    ids=str,
)
@pytest.mark.parametrize("typ", ["JWT", "logout+jwt", "application/logout+jwt"])
def test_a_logout_token_ends_a_session_or_all_of_a_person(
    hostile: Hostile, said: dict[str, object], session: str, subject: str, typ: str
) -> None:
    """Entcore names the person, others a session, once only until the token has ended."""
    hostile.is_true()
    claims = _logout(hostile, **said)
    heard = _heard(hostile, hostile.signs(claims, typ=typ))
    assert isinstance(heard, SourceSignOut)
    assert (heard.session, heard.subject, heard.proof) == (session, subject, "j1")
    assert heard.proof_until is not None
    assert heard.proof_until.timestamp() > int(str(claims["exp"])) + CLOCKS_DIFFER_S


def _said_hours_from_now(hours: int) -> int:
    return int(datetime.now(UTC).timestamp()) + hours * 3600


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other.example"},
        {"iss": None},
        {"aud": "other"},
        {"aud": None},
        {"exp": 1},
        {"exp": None},
        {"exp": _said_hours_from_now(26)},
        {"exp": 10**30},
        {"iat": None},
        {"iat": _said_hours_from_now(1)},
        {"jti": None},
        {"jti": ""},
        {"jti": ["j1"]},
        {"events": None},
        {"events": LOGOUT_EVENT},
        {"events": [LOGOUT_EVENT]},
        {"events": {}},
        {"events": {"http://schemas.openid.net/event/other": {}}},
        {"events": {LOGOUT_EVENT: True}},
        {"nonce": NONCE},
        {"sub": None},
        {"sub": [SUBJECT]},
        {"sid": ["z"]},
    ],
    ids=str,
)
def test_a_logout_token_that_is_none_ends_nothing(
    hostile: Hostile, changes: dict[str, object]
) -> None:
    """Issuer, audience, dates, identifier, event and person are each checked, and no nonce is."""
    hostile.is_true()
    heard = _heard(hostile, hostile.signs(_logout(hostile, **changes)))
    assert isinstance(heard, SignInFailed)
    assert heard.why is Why.UNTRUSTED


def test_only_the_issuer_ends_sessions(hostile: Hostile) -> None:
    """Signed by nobody, by the secret, by the public key, by a stranger, of another kind: nothing."""
    hostile.is_true()
    claims = _logout(hostile)
    payload = json.dumps(claims).encode()
    for token in (
        "",
        "not a token",
        handmade({"alg": "none"}, payload),
        handmade({"alg": "HS256"}, payload, SECRET.encode()),
        handmade({"alg": "HS256"}, payload, hostile.key.as_pem(private=False)),
        hostile.signs(claims, key=STRANGER),
        hostile.signs(claims, typ="at+jwt"),
        hostile.signs(hostile.claims()),
    ):
        heard = _heard(hostile, token)
        assert isinstance(heard, SignInFailed), token[:40]
        assert heard.why is Why.UNTRUSTED


def _told_in_a_frame(hostile: Hostile, query: dict[str, str]) -> object:
    message = Message(method="GET", query=query, form={}, content_type="", body=b"")
    return OpenIdConnect().receive(_client(hostile), message, datetime.now(UTC))


def test_a_browser_tells_of_a_session_that_ended(hostile: Hostile) -> None:
    """The front channel names the issuer and its session: without both, or unannounced, nothing."""
    hostile.is_true(frontchannel_logout_supported=True)
    said = {"iss": hostile.url, "sid": "z"}
    assert _told_in_a_frame(hostile, said) == SourceSignOut(session="z")
    for wrong in (
        {},
        {"sid": "z"},
        {"iss": hostile.url},
        {**said, "sid": ""},
        {**said, "iss": "https://other.example"},
    ):
        assert isinstance(_told_in_a_frame(hostile, wrong), SignInFailed), wrong
    hostile.is_true()
    assert isinstance(_told_in_a_frame(hostile, said), SignInFailed)


def test_lemonldap_names_the_person_for_its_session(hostile: Hostile) -> None:
    """What its frame says, as recorded, is the session that its arrivals have."""
    recorded = dict(parse_qsl(FRONT_CHANNEL.read_text(encoding="utf-8").strip()))
    hostile.is_true(issuer=recorded["iss"], frontchannel_logout_supported=True)
    client = _client(hostile, issuer=recorded["iss"])
    message = Message(method="GET", query=recorded, form={}, content_type="", body=b"")
    heard = OpenIdConnect().receive(client, message, datetime.now(UTC))
    assert heard == SourceSignOut(session=PARENT_OF_TWO_SCHOOLS.uid)
