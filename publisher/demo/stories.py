"""What the invented centres do and tell: stories, activities and reminders, in French.

Everything is invented, nobody is named, no child is seen. The pictures are those of
`publisher.demo.pictures`; a story shows only pictures that it can be about.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from publisher.model.moment import Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One photo article: the activity it tells of, as the programme says it, and its pictures."""

    title: str
    text: str
    activity: str
    pictures: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One line of a programme."""

    title: str
    time: str = ""
    place: str = ""
    bring: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One thing not to forget; `ends_at_hour` is when nobody needs it any more (24: midnight)."""

    sentence: str
    pictogram: str
    text: str = ""
    ends_at_hour: int = 24


_WEDNESDAY = (
    Story(
        title="La forêt d'automne",
        text=(
            "Trois mercredis, deux rouleaux de papier et un sac de feuilles du parc : la première"
            " fresque est terminée.\n\nElle fait **trois mètres de long**. Venez la voir dans le"
            " hall, elle y reste jusqu'aux vacances."
        ),
        activity="La grande fresque",
        pictures=(
            "fresque",
            "mains",
            "renard-masque",
            "pots",
            "sechage",
            "hibou",
            "herisson",
            "champignons",
            "escargot",
            "herbier",
            "algues",
            "pluie-bottes",
        ),
    ),
    Story(
        title="Du grand bassin au goûter",
        text=(
            "Deux longueurs avec la frite, un parcours sous la ligne d'eau et beaucoup"
            " d'éclaboussures. Au retour, tout le monde avait faim : la tarte n'a pas tenu dix"
            " minutes."
        ),
        activity="Piscine",
        pictures=("piscine", "marelle", "tarte", "preau"),
    ),
    Story(
        title="Herbier du parc",
        text=(
            "Une feuille ramassée, une feuille reconnue, une feuille collée. Nous avons trouvé :\n\n"
            "- l'érable, le plus rouge ;\n- le tilleul, en forme de cœur ;\n- la fougère, qui"
            " n'aime pas sécher.\n\nLes champignons, nous les avons laissés au parc."
        ),
        activity="Herbier au parc",
        pictures=("herbier", "algues", "champignons", "escargot", "herisson", "cerfs-volants"),
    ),
    Story(
        title="Des cerfs-volants sur la colline",
        text=(
            "Du papier, deux baguettes, de la ficelle, et du vent. Le premier est parti dans le"
            " tilleul, les trois autres ont volé jusqu'à l'heure du retour."
        ),
        activity="Fabrique de cerfs-volants",
        pictures=("cerfs-volants", "pots", "sechage", "preau", "marelle"),
    ),
    Story(
        title="Le carnaval des animaux",
        text=(
            "Un carton, des ciseaux, de la gouache : chaque masque raconte un animal de la forêt."
            " Le hibou a eu le droit de rester éveillé pendant le temps calme."
        ),
        activity="Atelier masques",
        pictures=(
            "renard-masque",
            "hibou",
            "herisson",
            "escargot",
            "pots",
            "sechage",
            "musique",
            "fresque",
        ),
    ),
    Story(
        title="Tarte aux pommes, la recette",
        text=(
            "1. Étaler la pâte.\n2. Éplucher six pommes.\n3. Les ranger en soleil.\n4. Attendre"
            " (le plus difficile).\n\nLa recette est affichée à l'accueil, prenez-la en photo."
        ),
        activity="Cuisine : tarte aux pommes",
        pictures=("tarte", "herbier", "cabane"),
    ),
    Story(
        title="Dehors, même sous la pluie",
        text=(
            "Bottes, capuches, et c'est parti : mesurer les flaques, compter les escargots,"
            " écouter la pluie sur le toit du préau. Au retour, chocolat chaud dans la cabane."
        ),
        activity="Sortie dans le quartier",
        pictures=("pluie-bottes", "escargot", "champignons", "preau", "cabane", "algues"),
    ),
)

_EVENING = (
    Story(
        title="Les premières lanternes",
        text="Du papier de soie, un fil de fer, une petite lampe. On éteint, on regarde.",
        activity="Lanternes",
        pictures=("lanternes", "pots", "hibou"),
    ),
    Story(
        title="La cabane en carton a un toit",
        text=(
            "Douze cartons récupérés chez les commerçants du quartier. Il manque encore une"
            " fenêtre, mais on y tient à quatre."
        ),
        activity="Cabane en carton",
        pictures=("cabane", "pots", "sechage", "lanternes"),
    ),
    Story(
        title="Percussions",
        text="Le tambour donne la marche, le xylophone répond. Oreilles fragiles, prévenez-nous !",
        activity="Percussions",
        pictures=("musique", "marelle", "lanternes"),
    ),
    Story(
        title="Et maintenant, attendre",
        text="Les peintures sèchent sur le fil. Elles rentrent à la maison en fin de semaine.",
        activity="Peinture",
        pictures=("sechage", "pots", "algues", "mains"),
    ),
    Story(
        title="Le hibou attend la nuit",
        text="Une histoire sous le préau, les manteaux sur les genoux, à l'heure où le ciel fonce.",
        activity="Contes sous le préau",
        pictures=("hibou", "preau", "renard-masque", "lanternes", "herisson"),
    ),
    Story(
        title="Petites bêtes en pâte à modeler",
        text="Un escargot, un hérisson, et une collection de champignons presque vrais.",
        activity="Pâte à modeler",
        pictures=("escargot", "herisson", "champignons"),
    ),
)

_LUNCH = (
    Story(
        title="La marelle est repeinte",
        text="Six cases, six couleurs. Il a fallu attendre que la pluie s'arrête deux jours.",
        activity="Jeux de cour",
        pictures=("marelle", "preau", "pots"),
    ),
    Story(
        title="L'arbre aux mains",
        text="Chaque main est une feuille. L'arbre grandit à chaque midi.",
        activity="Fresque du réfectoire",
        pictures=("mains", "pots", "sechage"),
    ),
    Story(
        title="La chorale du midi",
        text="Trois chansons apprises, une quatrième en route.",
        activity="Chorale",
        pictures=("musique", "preau", "marelle"),
    ),
    Story(
        title="Au potager",
        text="Sous les feuilles, des escargots ; sous les escargots, les derniers radis.",
        activity="Potager",
        pictures=("escargot", "herbier", "champignons", "herisson"),
    ),
    Story(
        title="Le coin lecture s'agrandit",
        text="Des coussins, une guirlande, vingt livres prêtés par la médiathèque.",
        activity="Coin lecture",
        pictures=("cabane", "hibou", "renard-masque"),
    ),
)

_HOLIDAYS = (
    Story(
        title="Grand jeu dans la forêt",
        text=(
            "Quatre équipes, quatre animaux, une carte à reconstituer. Le trésor était sous la"
            " cabane ; il se mangeait."
        ),
        activity="Grand jeu : la carte perdue",
        pictures=(
            "fresque",
            "renard-masque",
            "hibou",
            "herisson",
            "champignons",
            "cabane",
            "tarte",
        ),
    ),
    Story(
        title="Journée à la piscine",
        text="Le matin pour apprendre, l'après-midi pour jouer. Les bonnets sont secs, merci !",
        activity="Journée piscine",
        pictures=("piscine", "marelle", "cerfs-volants", "tarte"),
    ),
    Story(
        title="La fête des lanternes",
        text="Une lanterne par enfant, un tour du quartier, et la musique au retour.",
        activity="Fête des lanternes",
        pictures=("lanternes", "musique", "hibou", "pots", "sechage", "preau"),
    ),
    Story(
        title="Atelier papier découpé",
        text="Des ciseaux, de la colle, des restes de papier : on ne jette plus rien.",
        activity="Papier découpé",
        pictures=("algues", "fresque", "mains", "herbier", "escargot", "pluie-bottes"),
    ),
)

STORIES: Mapping[Moment, tuple[Story, ...]] = MappingProxyType(
    {
        Moment.WEDNESDAY: _WEDNESDAY,
        Moment.EVENING: _EVENING,
        Moment.LUNCH: _LUNCH,
        Moment.HOLIDAYS: _HOLIDAYS,
    }
)
"""What photo articles tell, by moment. A centre goes through a list week after week."""

WEEK_IN_REVIEW = Story(
    title="La semaine en images",
    text="Un peu de tout ce que nous avons fait, à regarder ensemble.",
    activity="",
    pictures=("mains", "marelle", "musique", "lanternes", "tarte", "cabane"),
)
"""The article that is scheduled: it fits any day."""

TAKEN_BACK = Story(
    title="La cour repeinte",
    text="Le nouveau dessin de la cour.",
    activity="",
    pictures=("preau", "marelle", "pots"),
)
"""The article that was published, then withdrawn."""

MORNING_ACTIVITIES = (
    Activity(title="Coin lecture"),
    Activity(title="Jeux de construction"),
    Activity(title="Dessin libre"),
    Activity(title="Jeux de société"),
    Activity(title="Puzzles"),
)
LUNCH_ACTIVITIES = (
    Activity(title="Jeux de cour", place="la cour"),
    Activity(title="Chorale", place="salle de musique"),
    Activity(title="Potager", bring="des bottes"),
    Activity(title="Coin lecture"),
    Activity(title="Basket", place="le terrain"),
    Activity(title="Échecs"),
    Activity(title="Comptines"),
    Activity(title="Atelier journal"),
)
EVENING_ACTIVITIES = (
    Activity(title="Pâte à modeler"),
    Activity(title="Cabane en carton"),
    Activity(title="Théâtre", place="salle polyvalente"),
    Activity(title="Contes sous le préau"),
    Activity(title="Percussions"),
    Activity(title="Lanternes"),
    Activity(title="Corde à sauter", place="la cour"),
    Activity(title="Peinture", bring="une vieille chemise"),
)
WEDNESDAY_MORNINGS = (
    Activity(title="Parcours de motricité", time="9 h 30", place="salle de motricité"),
    Activity(
        title="Piscine",
        time="9 h 15",
        place="piscine municipale",
        bring="maillot, bonnet, serviette",
    ),
    Activity(title="Parc de la Rive", time="9 h 30", bring="des bottes"),
    Activity(title="Médiathèque", time="10 h", place="médiathèque de la Halle"),
    Activity(title="Tournoi de balle ovale", time="9 h 30", place="stade du Moulin"),
)
SNACKS = (
    "Goûter : tarte aux pommes",
    "Goûter : pain et chocolat",
    "Goûter : crêpes",
    "Goûter : fruits",
)

NEEDS = (
    Need(
        sentence="Maillot, bonnet, serviette",
        pictogram="maillot",
        text="Départ à 9 h 15.",
        ends_at_hour=18,
    ),
    Need(
        sentence="Une boîte à chaussures vide",
        pictogram="boite",
        text="Pour l'atelier cabane du soir.",
    ),
    Need(sentence="Des bottes et un manteau qui ne craint rien", pictogram="bottes"),
    Need(
        sentence="Une gourde remplie",
        pictogram="gourde",
        text="Nous marchons jusqu'au parc de la Rive.",
    ),
    Need(sentence="La fiche sanitaire signée", pictogram="papier", text="À rendre à l'accueil."),
    Need(sentence="Le doudou pour le temps calme", pictogram="doudou"),
    Need(
        sentence="Pique-nique et goûter dans un petit sac",
        pictogram="pique-nique",
        text="Nous mangeons au parc, retour vers 16 h.",
        ends_at_hour=18,
    ),
    Need(sentence="Un goûter à partager", pictogram="gouter"),
)
"""What is not to be forgotten on a day that a centre is open."""

WEEKEND_NEEDS = (
    Need(
        sentence="Matinée jardinage avec les familles, à 10 h",
        pictogram="bottes",
        text="Au potager du centre. Venez avec vos bottes.",
        ends_at_hour=13,
    ),
    Need(
        sentence="Fête du quartier, de 14 h à 17 h",
        pictogram="lanterne",
        text="Le centre tient un stand sur la place de la Halle.",
        ends_at_hour=17,
    ),
)
"""The same, on a Saturday and on a Sunday."""
