"""Sign-in sources: the ENTs, portals and directories that say who somebody is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit


class Door(StrEnum):
    """Which of the two apps a source lets people into."""

    FAMILIES = "familles"
    TEAM = "equipe"


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcSource:
    """OpenID Connect, by its discovery address in full (some ENTs do not keep it at the root).

    `issuer` is what the provider calls itself; empty, what its discovery address says it must
    (OpenID Connect Discovery 1.0, 4.3): another name is refused. `scope` holds `openid`, and
    nothing that the provider did not register for us. `userinfo_version` and `userinfo_accept`
    are what entcore chooses its userinfo's shape by: the `version` parameter of the request, and
    its Accept header, which wins. Without `has_farewell`, leaving Préau leaves nothing else:
    for a provider that wants its own token back before it signs anybody out.
    """

    discovery_url: str
    client_id: str
    issuer: str = ""
    scope: str = "openid"
    userinfo_version: str = ""
    userinfo_accept: str = "application/json"
    has_farewell: bool = True

    @property
    def address(self) -> str:
        """Where the source stands."""
        return self.discovery_url


@dataclass(frozen=True, slots=True, kw_only=True)
class CasSource:
    """CAS 1, 2 or 3: `address` is its base, before `/login` and `/serviceValidate`.

    `validation` is the path that checks a ticket, which tells the version: `p3/serviceValidate`,
    `serviceValidate`, or `validate` (CAS 1, which names the person and nothing more).
    `login_parameters` are fixed parameters of the login address (Skolengo's `selection=`).
    `has_state` adds a `etat` parameter to the service address, which binds the answer to the
    browser that asked; only a source that accepts one exact service address goes without.
    """

    address: str
    validation: str = "p3/serviceValidate"
    login_parameters: Mapping[str, str] = field(default_factory=dict)
    has_state: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SamlSource:
    """SAML 2.0: `metadata` names a file beside the town's, where the identity provider's stand.

    `entity_id` is what the service is called there; empty, its metadata address.
    """

    address: str
    metadata: str
    entity_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSource:
    """A signed launch token behind a tile of a portal: `address` is where that portal stands.

    `issuer` is what its tokens say they come from.
    """

    address: str
    issuer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInSource:
    """One ENT, and how to ask it who somebody is.

    `claims` names the claims each fact is read from (`subject`, `role`, `schools`, `classes`,
    `children`, `vector`, `given_name`): the first that is there counts. `numbering` is the table
    that says what numeric profiles mean there. `demo` opens `login_hint`, which signs in without
    a person.
    """

    name: str
    label: str
    method: str
    protocol: OidcSource | CasSource | SamlSource | LinkSource
    claims: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    numbering: str = "entcore"
    doors: frozenset[Door] = frozenset(Door)
    demo: bool = False

    @property
    def origin(self) -> str:
        """Scheme, host and port of where it stands, in lower case, as browsers compare them."""
        parts = urlsplit(self.protocol.address)
        return f"{parts.scheme}://{parts.netloc}".lower()
