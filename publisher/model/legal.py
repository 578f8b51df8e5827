"""What a town must show its families, written from its configuration.

RGAA statement (loi 2005-102, art. 47; décret 2019-768), mentions légales (LCEN, art. 6),
information of the persons concerned (GDPR, art. 13), charter of use, and how to have a photo
removed. Every sentence is French first, with {named} places, and is translated before it is
filled. Nothing here replaces the advice of the town's data protection officer.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from publisher.model.mistake import in_french
from publisher.model.mistake import in_french as _
from publisher.model.town import Centre, Town

ACCESSIBILITY = "accessibilite"
MENTIONS = "mentions-legales"
PERSONAL_DATA = "donnees-personnelles"
CHARTER = "charte"
PHOTO_REMOVAL = "retirer-une-photo"

LEGAL_NAMES = (ACCESSIBILITY, MENTIONS, PERSONAL_DATA, CHARTER, PHOTO_REMOVAL)
"""What a town must show, by the name in the address (`ville/charte.html`)."""

_TITLES = MappingProxyType(
    {
        ACCESSIBILITY: _("Accessibilité"),
        MENTIONS: _("Mentions légales"),
        PERSONAL_DATA: _("Données personnelles"),
        CHARTER: _("Charte d'utilisation"),
        PHOTO_REMOVAL: _("Signaler ou faire retirer une photo"),
    }
)

_STATES = MappingProxyType(
    {
        "non": _("non conforme"),
        "partiellement": _("partiellement conforme"),
        "totalement": _("totalement conforme"),
    }
)

_STATE_SENTENCES = MappingProxyType(
    {
        "non": _(
            "Préau n'est pas conforme au RGAA 4.1, faute d'un audit valide. Cela ne veut pas dire"
            " que rien ne marche : cela veut dire que personne d'extérieur ne l'a encore vérifié."
        ),
        "partiellement": _(
            "Préau est partiellement conforme au RGAA 4.1 : un audit l'a vérifié, et il reste"
            " des points à corriger."
        ),
        "totalement": _(
            "Préau est totalement conforme au RGAA 4.1 : un audit a vérifié chacun de ses critères."
        ),
    }
)

_Sentences = tuple[str, ...]


class _AsWritten(str):
    """A sentence of the town's own: neither translated nor filled."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalSection:
    """One heading and its paragraphs, ready to be read."""

    heading: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalPage:
    """One page a town must show. `name` is one of `LEGAL_NAMES`."""

    name: str
    title: str
    sections: tuple[LegalSection, ...]


def legal_title(name: str, translate: Callable[[str], str] = in_french) -> str:
    """The title of the legal page *name*."""
    return translate(_TITLES[name])


def accessibility_words(state: str, translate: Callable[[str], str] = in_french) -> str:
    """The words of the law for an accessibility *state*, such as `non conforme`.

    A state the law does not know is `non conforme`, the only one that needs no audit.
    """
    return translate(_STATES.get(state, _STATES["non"]))


def legal_page(
    name: str,
    town: Town,
    centre: Centre | None,
    translate: Callable[[str], str] = in_french,
) -> LegalPage:
    """The legal page *name* of *town*, whole; with *centre*, the contact to call is the centre's.

    Raises KeyError for a name that is not in `LEGAL_NAMES`.
    """
    facts = _facts(town, centre, translate)
    return LegalPage(
        name=name,
        title=legal_title(name, translate),
        sections=_written(_DRAFTS[name](town, centre), facts, translate),
    )


def _written(
    drafts: Iterable[tuple[str, _Sentences]],
    facts: Mapping[str, object],
    translate: Callable[[str], str],
) -> tuple[LegalSection, ...]:
    return tuple(
        LegalSection(
            heading=translate(heading),
            paragraphs=tuple(
                paragraph
                if isinstance(paragraph, _AsWritten)
                else translate(paragraph).format_map(facts)
                for paragraph in paragraphs
            ),
        )
        for heading, paragraphs in drafts
    )


def _facts(
    town: Town, centre: Centre | None, translate: Callable[[str], str]
) -> Mapping[str, object]:
    contact = town.contact if centre is None else centre.contact
    legal = town.legal
    return {
        "town": town.name,
        "department": town.department,
        "town_address": town.contact.address,
        "town_phone": town.contact.phone,
        "town_mail": town.contact.mail,
        "place": town.department if centre is None else centre.name,
        "address": contact.address,
        "phone": contact.phone,
        "mail": contact.mail,
        "site": town.public_url,
        "director": legal.publication_director,
        "host": legal.host_name,
        "host_address": legal.host_address,
        "host_phone": legal.host_phone,
        "host_country": legal.host_country,
        "officer_mail": legal.data_protection_mail,
        "state": accessibility_words(legal.accessibility_state, translate),
        "accessibility_mail": legal.accessibility_mail,
        "declared_on": f"{legal.accessibility_declared_on:%d/%m/%Y}",
        "version": legal.charter_version,
        "audited_on": "" if legal.audit is None else f"{legal.audit.on:%d/%m/%Y}",
        "auditor": "" if legal.audit is None else legal.audit.by,
        "rate": "" if legal.audit is None else legal.audit.rate,
        "scheme": legal.accessibility_scheme,
        "plan": legal.accessibility_plan,
        "logs_kept_months": legal.logs_kept_months,
    }


def _accessibility(town: Town, centre: Centre | None) -> Iterator[tuple[str, _Sentences]]:
    del centre
    legal = town.legal
    state = legal.accessibility_state
    yield (
        _("État de conformité"),
        (
            _("Accessibilité : {state}."),
            _STATE_SENTENCES.get(state, _STATE_SENTENCES["non"]),
            _(
                "La Ville de {town} s'engage à rendre ce site accessible, comme le demande"
                " l'article 47 de la loi n° 2005-102 du 11 février 2005. Cette déclaration"
                " vaut pour {site}."
            ),
        ),
    )
    yield (
        _("Résultats des tests"),
        (
            _("Aucun audit par des personnes extérieures n'a encore eu lieu.")
            if legal.audit is None
            else _("Audit du {audited_on} par {auditor} : {rate} % des critères sont respectés."),
            _(
                "Des contrôles automatiques passent sur chaque page : contrastes, clavier, titres,"
                " textes de remplacement, agrandissement à 200 %. Ils ne remplacent pas un audit."
            ),
        ),
    )
    unknown = (
        _(
            "N'ont pas encore été vérifiés par des personnes : les lecteurs d'écran NVDA,"
            " VoiceOver et TalkBack, et la commande vocale."
        ),
        _(
            "Les légendes des photos sont écrites par les équipes. L'une d'elles peut être"
            " trop courte : dites-le nous."
        ),
    )
    yield (
        _("Contenus non accessibles : non-conformités"),
        _listed(legal.accessibility_failures)
        or ((_("Aucune n'est connue."),) if state == "totalement" else unknown),
    )
    yield (
        _("Contenus non accessibles : dérogations"),
        _listed(legal.accessibility_burdens)
        or (_("Aucune dérogation pour charge disproportionnée n'est demandée."),),
    )
    yield (
        _("Contenus que la loi n'oblige pas à rendre accessibles"),
        _listed(legal.accessibility_exempt)
        or (
            _("Les sites extérieurs vers lesquels une publication mène ne sont pas de notre fait."),
        ),
    )
    yield (
        _("Comment cette déclaration est établie"),
        (
            _("Elle a été établie le {declared_on}. Elle est revue au plus tard trois ans après."),
            _(
                "Technologies : HTML, CSS et SVG. Le site se lit sans JavaScript, au clavier,"
                " à partir de 320 pixels de large, en clair comme en sombre."
            ),
            _("Environnement de test : Chromium sous Linux, axe-core, navigation au clavier."),
            _(
                "Pages vérifiées : entrée, charte, accueil d'un centre et d'un groupe, album,"
                " photo en grand, programme, rappels, archives, pages légales, espace de l'équipe."
            ),
        ),
    )
    yield (
        _("Schéma pluriannuel et plan de l'année"),
        (
            _("Le schéma pluriannuel d'accessibilité de la Ville : {scheme}")
            if legal.accessibility_scheme
            else _(
                "Le schéma pluriannuel d'accessibilité de la Ville, sur trois ans au plus,"
                " s'obtient à cette adresse : {accessibility_mail}."
            ),
            _("Le plan d'actions de l'année : {plan}")
            if legal.accessibility_plan
            else _(
                "Le plan d'actions de l'année s'obtient à cette adresse : {accessibility_mail}."
            ),
        ),
    )
    yield (
        _("Une page vous résiste ?"),
        (
            _(
                "Écrivez à {accessibility_mail}, ou appelez le {town_phone}. Nous vous donnons"
                " l'information autrement, et nous corrigeons la page."
            ),
        ),
    )
    yield (
        _("Voies de recours"),
        (
            _(
                "Vous avez signalé un défaut qui vous empêche d'accéder à un contenu, et vous"
                " n'avez pas de réponse satisfaisante ? Vous pouvez saisir le Défenseur des droits."
            ),
            _("Par son formulaire : https://formulaire.defenseurdesdroits.fr/"),
            _(
                "Par téléphone : 09 69 39 00 00. Ou auprès de sa déléguée ou de son délégué"
                " dans votre département."
            ),
            _(
                "Par courrier, gratuit et sans timbre : Défenseur des droits, Libre réponse"
                " 71120, 75342 Paris CEDEX 07."
            ),
        ),
    )


def _listed(texts: tuple[str, ...]) -> _Sentences:
    """What the town wrote, left as it is."""
    return tuple(_AsWritten(one) for one in texts)


def _mentions(town: Town, centre: Centre | None) -> Iterator[tuple[str, _Sentences]]:
    del town
    yield (
        _("Qui publie ce site"),
        (
            _("Ville de {town}, {department}, {town_address}."),
            _("Téléphone : {town_phone}. Courriel : {town_mail}."),
            _("Direction de la publication : {director}."),
        ),
    )
    if centre is not None:
        yield (
            _("Le centre"),
            (
                _("{place}, {address}."),
                _("Téléphone : {phone}. Courriel : {mail}."),
            ),
        )
    yield (
        _("Qui l'héberge"),
        (
            _("{host}, {host_address}. Téléphone : {host_phone}."),
            _("Les pages et les photos sont conservées dans ce pays : {host_country}."),
        ),
    )
    yield (
        _("À qui sont les textes et les photos"),
        (
            _(
                "Les textes et les photos sont à la Ville de {town}, et aux familles pour"
                " l'image de leurs enfants. Ils ne se republient pas."
            ),
            _(
                "Le logiciel s'appelle Préau. Il est libre, sous licence AGPL 3.0 ou ultérieure."
                " La police des titres, Bricolage Grotesque, est sous licence OFL 1.1."
            ),
        ),
    )


def _personal_data(town: Town, centre: Centre | None) -> Iterator[tuple[str, _Sentences]]:
    del town, centre
    yield (
        _("En bref"),
        (
            _(
                "Ce site montre la vie du centre aux familles du centre, et à personne d'autre."
                " Il ne fait pas de publicité, ne suit personne, et n'envoie rien à un tiers."
            ),
        ),
    )
    yield (
        _("Qui est responsable"),
        (
            _("La Ville de {town}, {department}, {town_address}."),
            _("Déléguée ou délégué à la protection des données : {officer_mail}."),
        ),
    )
    yield (
        _("Pourquoi, et sur quelle base"),
        (
            _(
                "Informer les familles : programmes et rappels. Base : mission d'intérêt public"
                " (article 6.1.e du RGPD)."
            ),
            _(
                "Montrer ce que vivent les enfants : photos. Base : l'autorisation écrite et"
                " libre des deux parents, ou des représentants légaux (article 6.1.a du RGPD)."
                " La refuser ne change rien à l'accueil de l'enfant. Elle se retire à tout moment."
            ),
            _(
                "N'ouvrir chaque page qu'aux familles concernées : connexion par l'ENT. Base :"
                " mission d'intérêt public, et obligation de sécurité (articles 6.1.e et 32)."
            ),
        ),
    )
    yield (
        _("Quelles données"),
        (
            _(
                "De l'ENT : votre profil (famille, enfant…), l'école et, s'il le faut, la classe."
                " Votre identifiant devient un pseudonyme. Votre nom et votre adresse ne sont pas"
                " conservés."
            ),
            _(
                "Du portail famille, quand l'école ne suffit pas : le centre, le groupe et les dates"
                " d'une inscription, sous le même pseudonyme. D'un code sur papier : la même chose,"
                " sous un pseudonyme tiré au hasard."
            ),
            _(
                "De vous : votre accord à la charte (version et moment), et les comptes que vous"
                " reliez. Un parent n'apprend rien de l'autre."
            ),
            _(
                "Du centre : des textes et des photos, sans nom d'enfant. Le lieu et l'appareil"
                " inscrits dans le fichier d'une photo sont effacés avant qu'elle soit gardée."
            ),
            _(
                "De l'équipe : le droit donné dans un centre, son repère de deux signes et son dernier"
                " jour, sous pseudonyme. D'un compte propre à Préau : des empreintes, jamais"
                " l'identifiant ni le mot de passe."
            ),
            _(
                "Dans votre navigateur : le cookie de votre connexion, et ceux qui durent quelques"
                " minutes pendant qu'elle se fait. Ils sont nécessaires, et ne demandent donc pas"
                " votre accord."
            ),
        ),
    )
    yield (
        _("Qui les reçoit"),
        (
            _("Les familles du centre ou du groupe concerné, et les équipes du centre."),
            _(
                "L'hébergeur, {host}, qui agit sur instruction de la Ville. Les données sont"
                " conservées dans ce pays : {host_country}. Elles ne sont ni vendues ni"
                " transmises."
            ),
        ),
    )
    yield (
        _("Combien de temps"),
        (
            _(
                "Les photos : jusqu'au 31 août de l'année scolaire, sauf date plus proche choisie"
                " par l'équipe. Retirée, une photo disparaît du site tout de suite."
            ),
            _("Les rappels : jusqu'à leur fin. Les programmes : le temps d'être utiles."),
            _("La connexion : jusqu'à ce que vous quittiez, ou qu'elle prenne fin d'elle-même."),
            _("Une inscription, un code sur papier : trente jours après leur fin."),
            _("Des comptes reliés : jusqu'à ce que vous les sépariez, ou deux ans sans visite."),
            _("L'accord à la charte : trois ans."),
            _("Les journaux techniques, sous pseudonyme : {logs_kept_months} mois au plus."),
        ),
    )
    yield (
        _("Vos droits, et ceux de votre enfant"),
        (
            _(
                "Accès, rectification, effacement, limitation, opposition, et retrait de votre"
                " accord : écrivez à {officer_mail}. Réponse sous un mois."
            ),
            _("Pour une photo, c'est plus simple : appelez le {phone}. Elle part tout de suite."),
            _(
                "Pas de réponse, ou une réponse qui ne convient pas ? La CNIL reçoit les"
                " réclamations : https://www.cnil.fr/, ou 3 place de Fontenoy, TSA 80715,"
                " 75334 Paris CEDEX 07."
            ),
        ),
    )


_RULES: tuple[tuple[str, _Sentences], ...] = (
    (
        _("1. Les photos restent en famille"),
        (_("On les regarde, on les montre à la maison. On ne les republie nulle part."),),
    ),
    (
        _("2. Chaque enfant compte"),
        (
            _(
                "Sur une photo de groupe, il y a aussi l'enfant d'une autre famille. Son image"
                " est à lui et à ses parents."
            ),
        ),
    ),
    (
        _("3. Mon accès est à moi"),
        (_("Je ne prête pas mes codes de l'ENT. Sur un appareil partagé, je touche « Quitter »."),),
    ),
    (
        _("4. Une photo gêne ? Elle part"),
        (_("Je le dis au {phone} ou à {mail}. Personne ne me demande pourquoi."),),
    ),
    (
        _("5. On reste bienveillants"),
        (_("Derrière chaque page, il y a une équipe et des enfants. On leur parle bien."),),
    ),
)
_RULES_FOR_CHILDREN: tuple[tuple[str, _Sentences], ...] = (
    (
        _("1. Les photos, on les garde pour nous"),
        (_("Je les regarde avec ma famille. Je ne les envoie à personne."),),
    ),
    (
        _("2. Les copains aussi"),
        (_("Sur une photo, il y a d'autres enfants. Je ne me moque pas d'eux."),),
    ),
    (
        _("3. Mon code est secret"),
        (_("Je ne le dis pas, même à un copain. Quand j'ai fini, je touche « Quitter »."),),
    ),
    (
        _("4. Si une photo m'embête, elle part"),
        (_("Je le dis à un adulte du centre ou de ma famille. Il la fait enlever."),),
    ),
    (
        _("5. Je suis gentil avec tout le monde"),
        (_("Ici, on parle de vrais enfants et de vrais adultes."),),
    ),
)


def charter_rules(
    town: Town,
    centre: Centre | None,
    translate: Callable[[str], str] = in_french,
    *,
    for_children: bool = False,
) -> tuple[LegalSection, ...]:
    """The five rules that are accepted at the first visit, or the same in words of a child."""
    rules = _RULES_FOR_CHILDREN if for_children else _RULES
    return _written(rules, _facts(town, centre, translate), translate)


def _charter(town: Town, centre: Centre | None) -> Iterator[tuple[str, _Sentences]]:
    del town, centre
    yield from _RULES
    yield (
        _("Pour les enfants"),
        tuple(one for heading, sentences in _RULES_FOR_CHILDREN for one in (heading, *sentences)),
    )
    yield (
        _("Cette charte"),
        (
            _("Version {version}, de la Ville de {town}. Si elle change, elle vous est relue."),
            _(
                "Chaque personne l'accepte à sa première visite. Nous gardons la version, le moment"
                " et un pseudonyme, jamais un nom."
            ),
        ),
    )


def _photo_removal(town: Town, centre: Centre | None) -> Iterator[tuple[str, _Sentences]]:
    del town, centre
    yield (
        _("Une photo gêne ? Elle part."),
        (
            _("Appelez {place} : {phone}."),
            _("Ou écrivez à {mail}."),
            _("Vous n'avez pas à dire pourquoi."),
        ),
    )
    yield (
        _("Ce qu'il suffit de dire"),
        (
            _(
                "Le titre de l'album et le numéro de la photo : il est écrit en haut quand la"
                " photo est en grand, par exemple « 4 / 12 »."
            ),
            _("Vous ne trouvez pas le numéro ? Décrivez la photo en quelques mots."),
        ),
    )
    yield (
        _("Ce qui se passe ensuite"),
        (
            _(
                "L'équipe retire la photo tout de suite : de la page, des listes et de son adresse."
                " Ensuite seulement, on en parle si vous le souhaitez."
            ),
            _("Un seul parent suffit pour faire retirer. Pour publier, il faut l'accord des deux."),
            _(
                "Personne ne répond ? La {department} prend le relais : {town_phone},"
                " {town_mail}. Vous pouvez aussi écrire à {officer_mail}."
            ),
        ),
    )


_DRAFTS: Mapping[str, Callable[[Town, Centre | None], Iterator[tuple[str, _Sentences]]]] = (
    MappingProxyType(
        {
            ACCESSIBILITY: _accessibility,
            MENTIONS: _mentions,
            PERSONAL_DATA: _personal_data,
            CHARTER: _charter,
            PHOTO_REMOVAL: _photo_removal,
        }
    )
)
