"""SAML 2.0: the service provider. Requests go by redirection, answers come posted and signed.

pysaml2 writes our messages and our metadata. What comes is read by `saml_messages`, stricter than
pysaml2 is, and verified by `xml_signature`: nothing is asked over the network, nothing of a message
is written to a disk or to a log.
"""

import base64
import binascii
import secrets
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote_plus, unquote_plus, urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256
from saml2 import BINDING_HTTP_POST, saml, samlp

from publisher.model.source import SamlSource, SignInSource
from publisher.sign_in.method import (
    Arrival,
    Beginning,
    Client,
    Message,
    MethodIsWrong,
    SignInFailed,
    SourceSignOut,
    Why,
)
from publisher.sign_in.saml_messages import (
    MAX_BYTES,
    NAME_ID,
    PERSISTENT,
    SUCCESS,
    NameId,
    NotBelieved,
    Parties,
    read_logout_request,
    read_response,
)
from publisher.sign_in.saml_metadata import (
    CONTENT_TYPE,
    IdentityProvider,
    MetadataIsWrong,
    OwnKey,
    OwnKeyIsWrong,
    own_key_of,
    own_metadata,
    read_provider,
)
from publisher.sign_in.xml_signature import RSA_SHA256, NotSigned, check_text

METADATA = "metadata"
"""What our metadata's address adds to the address where people come back."""
MAX_RELAY_STATE_LENGTH = 500
"""Characters of a RelayState that is given back; SAML allows a source 80."""


class Saml:
    """The method `saml`. A provider's metadata is remembered until its file changes."""

    needs_secret = False
    token_parameter = ""

    def __init__(self) -> None:
        """Remember nothing yet."""
        self._known: dict[tuple[str, str], tuple[tuple[int, ...], IdentityProvider]] = {}

    def begin(
        self, client: Client, login_hint: str | None, now: datetime
    ) -> Beginning | SignInFailed:
        """Send the person to the provider, with a request whose id only this attempt knows."""
        state = secrets.token_urlsafe(24)
        try:
            provider = self._provider(client, now)
            key = own_key_of(client)
        except (MetadataIsWrong, OwnKeyIsWrong) as error:
            return SignInFailed(Why.UNREACHABLE, f"metadata or key: {error}")
        request = samlp.AuthnRequest(
            id=_request_id(state),
            version="2.0",
            issue_instant=_written_moment(now),
            destination=provider.sign_on,
            protocol_binding=BINDING_HTTP_POST,
            assertion_consumer_service_url=client.redirect_uri,
            issuer=saml.Issuer(text=_entity_id(client)),
        )
        if _asks_for_name(client.source):
            request.name_id_policy = samlp.NameIDPolicy(format=PERSISTENT, allow_create="true")
        told = {"SAMLRequest": _packed(str(request)), "RelayState": state}
        return Beginning(address=_redirection(provider.sign_on, told, key), state=state)

    def complete(
        self, client: Client, begun: Beginning, answer: Mapping[str, str], now: datetime
    ) -> Arrival | SignInFailed:
        """Nobody comes back by an address alone: an answer is posted."""
        return SignInFailed(Why.NOT_BEGUN_HERE, "no answer was posted")

    def receive(
        self, client: Client, message: Message, now: datetime
    ) -> Arrival | SourceSignOut | SignInFailed:
        """Hear an answer, posted, or a sign-out, posted or by a redirection."""
        try:
            provider = self._provider(client, now)
            if message.method == "POST" and "SAMLResponse" in message.form:
                return _arrival(client, provider, message, now)
            if "SAMLRequest" in (message.form if message.method == "POST" else message.query):
                return _sign_out(client, provider, message, now)
        except (MetadataIsWrong, OwnKeyIsWrong) as error:
            return SignInFailed(Why.UNREACHABLE, f"metadata or key: {error}")
        except NotBelieved as error:
            return error.failed
        return SignInFailed(Why.UNTRUSTED, "neither an answer nor a sign-out")

    def farewell(self, client: Client, return_to: str) -> str | None:
        """None: to end a session there takes the name that the provider gave, which is not kept."""
        return None

    def document(self, client: Client) -> tuple[str, bytes] | None:
        """Our metadata, for this source and this door; None while its key is wrong."""
        try:
            key = own_key_of(client)
        except OwnKeyIsWrong:
            return None
        return CONTENT_TYPE, own_metadata(client, _entity_id(client), key)

    def _provider(self, client: Client, now: datetime) -> IdentityProvider:
        """The provider of *client*, read again when its file changed. Raises MetadataIsWrong."""
        settings = _settings(client.source)
        file = client.folder / settings.metadata
        try:
            facts = file.stat()
        except OSError as error:
            raise MetadataIsWrong(f"{file.name}: {type(error).__name__}") from error
        stamp = (facts.st_mtime_ns, facts.st_ino, facts.st_size)
        key = (str(file), settings.address)
        known = self._known.get(key)
        if known is None or known[0] != stamp:
            known = stamp, read_provider(file, settings.address)
            self._known[key] = known
        provider = known[1]
        if provider.until is not None and now >= provider.until:
            raise MetadataIsWrong(f"{file.name}: over (validUntil); ask for that of today")
        return provider


def _settings(source: SignInSource) -> SamlSource:
    """How the source is configured. Raises MethodIsWrong for a source of another method."""
    if not isinstance(source.protocol, SamlSource):
        raise MethodIsWrong(source.name)
    return source.protocol


def _entity_id(client: Client) -> str:
    return _settings(client.source).entity_id or f"{client.redirect_uri}/{METADATA}"


def _asks_for_name(source: SignInSource) -> bool:
    """Say whether the source's people are told apart by their NameID."""
    return source.claims.get("subject", (NAME_ID,))[0] == NAME_ID


def _request_id(state: str) -> str:
    """The id of the request of the attempt *state*: an XML identifier begins with no digit."""
    return f"_{state}"


def _arrival(
    client: Client, provider: IdentityProvider, message: Message, now: datetime
) -> Arrival:
    raw = _unpacked(message.form["SAMLResponse"])
    told = read_response(raw, _parties(client, provider, client.redirect_uri), now)
    state = message.form.get("RelayState", "")
    if not secrets.compare_digest(_request_id(state).encode(), told.answers.encode()):
        raise NotBelieved(Why.NOT_BEGUN_HERE, "RelayState and InResponseTo do not agree")
    name = {NAME_ID: told.name_id.text} if told.name_id.is_persistent else {}
    return Arrival(
        claims={**told.attributes, **name},
        answers=state,
        session=_session(client.source, told.name_id, told.session_index),
        proof=told.identifier,
        proof_until=told.until,
    )


def _sign_out(
    client: Client, provider: IdentityProvider, message: Message, now: datetime
) -> SourceSignOut:
    parties = _parties(client, provider, client.sign_out_uri)
    is_posted = message.method == "POST"
    if is_posted:
        raw, relay_state = _unpacked(message.form["SAMLRequest"]), message.form.get("RelayState")
    else:
        _check_query(message, parties)
        raw, relay_state = _inflated(message.query["SAMLRequest"]), message.query.get("RelayState")
    told = read_logout_request(raw, parties, now, is_signed=not is_posted)
    # A session has a name of its own only below the name of somebody who keeps it.
    (index,) = told.session_indexes if len(told.session_indexes) == 1 else ("",)
    session = _session(client.source, told.name_id, index)
    return SourceSignOut(
        session=session,
        subject="" if session else told.name_id.text,
        proof=told.identifier,
        proof_until=told.until,
        answer_to=_answer_to(client, provider, told.identifier, relay_state or "", now),
    )


def _parties(client: Client, provider: IdentityProvider, address: str) -> Parties:
    return Parties(
        provider=provider.entity_id,
        keys=provider.keys,
        ours=_entity_id(client),
        address=address,
    )


def _session(source: SignInSource, name_id: NameId, index: str) -> str:
    """What a session is called here, in what opens it and in what ends it.

    A name given for one visit is the session's. One that the person keeps needs the session's
    index besides; without one the session has no name, and what ends it ends all the person's.
    """
    if not (name_id.is_persistent and _asks_for_name(source)):
        return name_id.text
    return f"{name_id.text}\0{index}" if index else ""


def _unpacked(text: str) -> bytes:
    """What a form's field holds. Raises NotBelieved when it is not base 64, or too long."""
    if len(text) > 2 * MAX_BYTES:
        raise NotBelieved(Why.UNTRUSTED, "too long")
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotBelieved(Why.UNTRUSTED, "not base 64") from error


def _inflated(text: str) -> bytes:
    """What an address's parameter holds, compressed. Raises NotBelieved as `_unpacked` does."""
    inflating = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    try:
        raw = inflating.decompress(_unpacked(text), MAX_BYTES)
    except zlib.error as error:
        raise NotBelieved(Why.UNTRUSTED, "not compressed as it must be") from error
    if not inflating.eof or inflating.unused_data:
        raise NotBelieved(Why.UNTRUSTED, "too long, or cut short")
    return raw


def _packed(xml: str) -> str:
    deflating = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return base64.b64encode(deflating.compress(xml.encode()) + deflating.flush()).decode()


def _check_query(message: Message, parties: Parties) -> None:
    """Raise NotBelieved unless the provider signed the query, in the very spelling that came."""
    written = dict(part.partition("=")[::2] for part in message.query_string.split("&"))
    if {name: unquote_plus(value) for name, value in written.items()} != dict(message.query):
        raise NotBelieved(Why.UNTRUSTED, "a query that reads in two ways")
    signed = "&".join(
        f"{name}={written[name]}"
        for name in ("SAMLRequest", "RelayState", "SigAlg")
        if name in written
    )
    signature = _unpacked(message.query.get("Signature", ""))
    try:
        check_text(signed.encode(), signature, message.query.get("SigAlg", ""), parties.keys)
    except NotSigned as error:
        raise NotBelieved(Why.UNTRUSTED, f"the signature: {error}") from error


def _answer_to(
    client: Client, provider: IdentityProvider, request_id: str, relay_state: str, now: datetime
) -> str:
    """Where the browser takes our answer to a sign-out; nowhere when the provider takes none."""
    try:
        key = own_key_of(client)
    except OwnKeyIsWrong:
        return ""
    if not provider.sign_out_answers:
        return ""
    response = samlp.LogoutResponse(
        id=_request_id(secrets.token_urlsafe(24)),
        version="2.0",
        issue_instant=_written_moment(now),
        destination=provider.sign_out_answers,
        in_response_to=request_id,
        issuer=saml.Issuer(text=_entity_id(client)),
        status=samlp.Status(status_code=samlp.StatusCode(value=SUCCESS)),
    )
    told = {"SAMLResponse": _packed(str(response))}
    if relay_state and len(relay_state) <= MAX_RELAY_STATE_LENGTH:
        told["RelayState"] = relay_state
    return _redirection(provider.sign_out_answers, told, key)


def _redirection(address: str, told: Mapping[str, str], key: OwnKey | None) -> str:
    """*address* with what is told there, signed when we have a key for that."""
    if key is not None:
        told = {**told, "SigAlg": RSA_SHA256}
    query = urlencode(told)
    if key is not None:
        signature = key.private.sign(query.encode(), padding.PKCS1v15(), SHA256())
        query = f"{query}&Signature={quote_plus(base64.b64encode(signature))}"
    return f"{address}{'&' if urlsplit(address).query else '?'}{query}"


def _written_moment(now: datetime) -> str:
    return f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
