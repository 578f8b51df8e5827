"""What LemonLDAP::NG is configured with: the least that makes it speak CAS, OpenID Connect and SAML.

Everything not said here is its own default. Lists are written `a; b` where it keeps people.
"""

import json
import sqlite3
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.lemonldap.people import PASSWORD, PEOPLE, Person

SEPARATOR = "; "
CLIENT_SECRET = "le-secret-du-client-oidc"

_CAS_ATTRIBUTES = {
    "ENTPersonProfils": "profile",
    "ENTPersonStructRattachRNE": "schools",
    "ENTEleveClasses": "classes",
    "ENTAuxEnsClasses": "classes_taught",
    "ENTAuxPersRelEleveEleve": "children",
    "ENTElevePersRelEleve": "parents",
    "ENTPersonUid": "uid",
    "ENTPersonLogin": "login",
    "ENTPersonMail": "mail",
    "sn": "family_name",
    "givenName": "given_name",
}
"""What a CAS service is told, and what of a person it is: the older name of the schools (RNE)."""

_OIDC_CLAIMS = {
    "ENTPersonProfils": "profile",
    "ENTPersonStructRattachUAI": "schools",
    "ENTEleveClasses": "classes",
    "ENTAuxPersRelEleveEleve": "children",
}
"""Claims that are always lists, even of one. The schools by their present name (UAI)."""

_OIDC_WORDS = {
    "given_name": "given_name",
    "family_name": "family_name",
    "preferred_username": "login",
    "email": "mail",
}

_SAML_ATTRIBUTES = {
    "ENTPersonUid": ("ENTPersonUid", "uid"),
    "ENTPersonProfils": ("ENTPersonProfils", "profile"),
    "ENTPersonStructRattachUAI": ("ENTPersonStructRattachUAI", "schools"),
    "ENTEleveClasses": ("ENTEleveClasses", "classes"),
    "FrEduVecteur": ("FrEduVecteur", "vectors"),
    "urn:oid:2.5.4.4": ("sn", "family_name"),
    "urn:oid:2.5.4.42": ("givenName", "given_name"),
    "urn:oid:0.9.2342.19200300.100.1.3": ("mail", "mail"),
}
"""The name on the wire, the friendly name, and what of a person it is. EduConnect names by OID."""

_COLUMNS = (
    *("login", "password", "uid", "given_name", "family_name", "mail", "profile"),
    *("schools", "classes", "classes_taught", "children", "parents", "vectors"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """Préau, as the provider knows it: what a town's ENT administrator is asked to type.

    Addresses are those of families and of the team, at `public_url`, for the sources named here.
    Those of SAML are in *sp_metadata*: the application's own, as text, once it has some.
    LemonLDAP::NG 2.16 ends an OpenID Connect session by the front channel alone, at one address a
    client (an iframe in its own sign-out page, with `iss`, and the subject as `sid`): empty, it
    tells nobody.
    """

    public_url: str
    client_id: str = "preau"
    cas: str = "cas"
    oidc: str = "oidc"
    oidc_front_channel_logout: str = ""
    sp_metadata: str = ""

    def return_addresses(self, source: str) -> tuple[str, str]:
        """Where families, and the team, come back to."""
        return (f"{self.public_url}/retour/{source}", f"{self.public_url}/equipe/retour/{source}")

    @property
    def goodbye(self) -> str:
        """Where the provider may send people after their sign-out, by whichever door they came."""
        return f"{self.public_url}/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """One key pair signs everything. All three are PEM."""

    private: str
    public: str
    certificate: str


def new_keys(folder: Path) -> Keys:
    """Make a pair, and the certificate that SAML metadata carries it in."""
    private, certificate = folder / "signing.key", folder / "signing.crt"
    subprocess.run(
        (
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650"),
            *("-subj", "/CN=ent-d-essai", "-keyout", private, "-out", certificate),
        ),
        check=True,
        capture_output=True,
    )
    public = subprocess.run(
        ("openssl", "x509", "-in", certificate, "-noout", "-pubkey"),
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return Keys(
        private=private.read_text("ascii"),
        public=public,
        certificate=certificate.read_text("ascii"),
    )


def write_people(file: Path) -> None:
    """Write the table that the provider looks people up in."""
    with sqlite3.connect(file) as table:
        table.execute(f"create table people ({', '.join(f'{name} text' for name in _COLUMNS)})")
        places = ", ".join("?" for _name in _COLUMNS)
        table.executemany(
            f"insert into people values ({places})",  # noqa: S608 (question marks only)
            [[_told(person, name) for name in _COLUMNS] for person in PEOPLE.values()],
        )
    table.close()


def _told(person: Person, name: str) -> str:
    if name == "password":
        return PASSWORD
    value: str | tuple[str, ...] = getattr(person, name)
    return value if isinstance(value, str) else SEPARATOR.join(value)


def write_configuration(
    folder: Path, url: str, keys: Keys, applications: Mapping[str, Application]
) -> None:
    """Write all that the provider at *url* reads when it starts; *applications* by client id."""
    for name in ("conf", "cache", "sessions/lock", "psessions/lock"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    conf = {
        **_portal(folder, url),
        **_cas(applications),
        **_oidc(url, keys, applications),
        **_saml(url, keys, applications),
    }
    (folder / "conf/lmConf-1.json").write_text(json.dumps(conf, indent=1), encoding="utf-8")
    (folder / "lemonldap-ng.ini").write_text(_INI.format(folder=folder), encoding="utf-8")
    (folder / "portal.psgi").write_text(_PSGI, encoding="utf-8")


def _portal(folder: Path, url: str) -> dict[str, object]:
    """Where it is, whom it knows, and where it keeps sessions."""
    return {
        "cfgNum": 1,
        "cfgDate": 1,  # any, but without one it believes it has no configuration
        "portal": f"{url}/",
        "domain": "localhost",
        "cookieName": "lemonldap",
        "securedCookie": 0,  # plain http on loopback, where a browser then refuses SameSite=None,
        "sameSite": "Lax",  # which is what it would send for SAML's sake
        "key": "une-cle-d-essai",
        "locationRules": {"localhost": {"default": "accept"}},  # it protects nobody by itself
        "timeout": 7200,
        "whatToTrace": "uid",
        "portalSkin": "bootstrap",
        "authentication": "DBI",
        "userDB": "Same",
        "passwordDB": "Null",
        "registerDB": "Null",
        "dbiAuthChain": f"dbi:SQLite:dbname={folder / 'people.sqlite'}",
        "dbiAuthTable": "people",
        "dbiUserTable": "people",
        "dbiAuthLoginCol": "login",
        "dbiAuthPasswordCol": "password",
        "userPivot": "login",
        "dbiExportedVars": {name: name for name in _COLUMNS if name != "password"},
        "multiValuesSeparator": SEPARATOR,
        "globalStorage": "Apache::Session::File",
        "globalStorageOptions": {
            "Directory": f"{folder}/sessions",
            "LockDirectory": f"{folder}/sessions/lock",
            "generateModule": "Lemonldap::NG::Common::Apache::Session::Generate::SHA256",
        },
        "persistentStorage": "Apache::Session::File",
        "persistentStorageOptions": {
            "Directory": f"{folder}/psessions",
            "LockDirectory": f"{folder}/psessions/lock",
        },
        # A worker that remembers a session does not see that another has added to it, and a
        # sign-out then forgets an application: each reads the session again at each request.
        "handlerInternalCache": 0,
        "localSessionStorage": "Cache::FileCache",
        "localSessionStorageOptions": {
            "namespace": "lemonldap-ng-sessions",
            "cache_root": f"{folder}/cache",
            "cache_depth": 3,
            "default_expires_in": 600,
            "directory_umask": "007",
        },
    }


def _cas(applications: Mapping[str, Application]) -> dict[str, object]:
    """Declared services only, each told at its own address when the person signs out."""
    return {
        "issuerDBCASActivation": 1,
        "casAccessControlPolicy": "error",
        "casStrictMatching": 1,  # the address, not only its host
        "casBackChannelSingleLogout": 1,
        "casAppMetaDataOptions": {
            name: {
                "casAppMetaDataOptionsService": " ".join(one.return_addresses(one.cas)),
                "casAppMetaDataOptionsUserAttribute": "uid",
            }
            for name, one in applications.items()
        },
        "casAppMetaDataExportedVars": dict.fromkeys(applications, _CAS_ATTRIBUTES),
        "casAppMetaDataMacros": {name: {} for name in applications},
    }


def _oidc(url: str, keys: Keys, applications: Mapping[str, Application]) -> dict[str, object]:
    """The code flow alone, with PKCE, and no page of consent."""
    lists = {claim: f"{name};string;always" for claim, name in _OIDC_CLAIMS.items()}
    return {
        "issuerDBOpenIDConnectActivation": 1,
        "oidcServiceMetaDataIssuer": url,
        "oidcServiceAllowAuthorizationCodeFlow": 1,
        "oidcServiceIgnoreScopeForClaims": 1,  # `openid` is enough to be told everything
        "oidcServicePrivateKeySig": keys.private,
        "oidcServicePublicKeySig": keys.public,
        "oidcServiceKeyIdSig": "premiere",
        "oidcRPMetaDataOptions": {
            name: {
                "oidcRPMetaDataOptionsClientID": name,
                "oidcRPMetaDataOptionsClientSecret": CLIENT_SECRET,
                "oidcRPMetaDataOptionsRedirectUris": " ".join(one.return_addresses(one.oidc)),
                "oidcRPMetaDataOptionsPostLogoutRedirectUris": one.goodbye,
                "oidcRPMetaDataOptionsIDTokenSignAlg": "RS256",
                "oidcRPMetaDataOptionsUserIDAttr": "uid",
                "oidcRPMetaDataOptionsBypassConsent": 1,
                "oidcRPMetaDataOptionsRequirePKCE": 1,
                "oidcRPMetaDataOptionsLogoutUrl": one.oidc_front_channel_logout,
                "oidcRPMetaDataOptionsLogoutType": "front",
                "oidcRPMetaDataOptionsLogoutSessionRequired": 1,
            }
            for name, one in applications.items()
        },
        "oidcRPMetaDataExportedVars": {name: {**lists, **_OIDC_WORDS} for name in applications},
        "oidcRPMetaDataOptionsExtraClaims": {name: {} for name in applications},
    }


def _saml(url: str, keys: Keys, applications: Mapping[str, Application]) -> dict[str, object]:
    """An identity provider that signs, for the applications whose metadata it was given."""
    known = {name: one for name, one in applications.items() if one.sp_metadata}
    return {
        "issuerDBSAMLActivation": 1,
        "samlEntityID": f"{url}/saml/metadata",
        "samlServicePrivateKeySig": keys.private,
        "samlServicePublicKeySig": keys.certificate,
        "samlServiceSignatureMethod": "RSA_SHA256",
        "samlOrganizationName": "ENT d'essai",
        "samlOrganizationDisplayName": "ENT d'essai",
        "samlOrganizationURL": url,
        "samlSPMetaDataXML": {
            name: {"samlSPMetaDataXML": one.sp_metadata} for name, one in known.items()
        },
        "samlSPMetaDataOptions": {
            name: {
                "samlSPMetaDataOptionsNameIDFormat": "transient",
                "samlSPMetaDataOptionsSignSSOMessage": 1,
                "samlSPMetaDataOptionsSignSLOMessage": 1,
                "samlSPMetaDataOptionsCheckSSOMessageSignature": 0,
                "samlSPMetaDataOptionsCheckSLOMessageSignature": 0,
            }
            for name in known
        },
        "samlSPMetaDataExportedAttributes": {
            name: {of: f"0;{wire};;{friendly}" for wire, (friendly, of) in _SAML_ATTRIBUTES.items()}
            for name in known
        },
    }


_INI = """\
[all]
logLevel = notice
logger = Lemonldap::NG::Common::Logger::Std
userLogger = Lemonldap::NG::Common::Logger::Std
[configuration]
type = File
dirName = {folder}/conf
localStorage = Cache::FileCache
localStorageOptions = {{ 'namespace' => 'lemonldap-ng-config', 'default_expires_in' => 600, \
'directory_umask' => '007', 'cache_root' => '{folder}/cache', 'cache_depth' => 3 }}
[portal]
staticPrefix = /static
templateDir = /usr/share/lemonldap-ng/portal/templates
languages = fr, en
"""

# It always names a domain in its cookies, and not every client takes `localhost` for one: without,
# a cookie is the host's alone, for all of them.
_PSGI = """\
use Plack::Builder;
use Plack::Util;
use Lemonldap::NG::Portal::Main;
my $portal = Lemonldap::NG::Portal::Main->run({});
builder {
  enable 'Plack::Middleware::Static',
    path => qr{^/static/}, root => '/usr/share/lemonldap-ng/portal/htdocs';
  enable 'Plack::Middleware::Static',
    path => qr{^/javascript/}, root => '/usr/share';
  sub {
    Plack::Util::response_cb($portal->(@_), sub { s/; domain=[^;]*// for @{$_[0][1]} });
  };
};
"""
