"""What animators of a simulated town write on their phones: titles, sentences, captions, in French.

Everything is invented, nobody is named. The pieces fit one another in any order, so that ten
thousand posts differ as much as real ones do, and are as long.
"""

from collections.abc import Mapping
from types import MappingProxyType

from publisher.demo.stories import NEEDS, WEEKEND_NEEDS, Need
from publisher.model.moment import Moment

CENTRE_NAMES = (
    "Les Tilleuls",
    "La Grande Ourse",
    "Le Moulin",
    "Les Hirondelles",
    "Le Petit Bois",
    "Les Acacias",
    "La Clairière",
    "Le Vieux Lavoir",
    "Les Alizés",
    "La Fontaine",
    "Les Cerisiers",
    "Le Phare",
    "La Roseraie",
    "Les Mésanges",
    "Le Verger",
    "La Passerelle",
    "Les Coquelicots",
    "Le Grand Chêne",
    "La Rotonde",
    "Les Écureuils",
    "Le Belvédère",
    "La Ruche",
    "Les Noisetiers",
    "Le Canal",
    "La Prairie",
    "Les Lucioles",
    "Le Kiosque",
    "La Tuilerie",
    "Les Platanes",
    "Le Ruisseau",
    "La Halle",
)
"""The centres of a simulated town, in the order they are made; later ones are numbered."""

ACTIVITIES: Mapping[Moment, tuple[str, ...]] = MappingProxyType(
    {
        Moment.LUNCH: (
            "Jeux de cour",
            "Chorale",
            "Potager",
            "Coin lecture",
            "Basket",
            "Échecs",
            "Origami",
            "Journal du centre",
            "Jeux de société",
            "Tournoi de ping-pong",
        ),
        Moment.EVENING: (
            "Pâte à modeler",
            "Cabane en carton",
            "Théâtre",
            "Contes sous le préau",
            "Percussions",
            "Lanternes",
            "Corde à sauter",
            "Peinture",
            "Perles et bracelets",
            "Jeux de construction",
            "Danse",
            "Marionnettes",
        ),
        Moment.WEDNESDAY: (
            "Grande fresque",
            "Piscine",
            "Herbier",
            "Cerfs-volants",
            "Atelier masques",
            "Tarte aux pommes",
            "Sortie au parc",
            "Médiathèque",
            "Motricité",
            "Balle ovale",
            "Pâte à sel",
            "Sciences : les bulles",
            "Visite de la caserne",
            "Tissage",
            "Roller",
        ),
        Moment.HOLIDAYS: (
            "Grand jeu dans la forêt",
            "Journée piscine",
            "Fête des lanternes",
            "Papier découpé",
            "Randonnée le long de la rive",
            "Olympiades",
            "Cuisine du monde",
            "Construction d'un four en terre",
            "Rallye photo",
            "Spectacle de fin de semaine",
            "Veillée",
            "Ferme pédagogique",
        ),
    }
)
"""What a centre does, by the moment it does it."""

TURNS = (
    "",
    "",
    "",
    ", la suite",
    ", premier essai",
    ", c'est fini",
    " malgré la pluie",
    " sous le soleil",
    " tous ensemble",
    ", les préparatifs",
    ", jour 2",
    ", et ça recommence",
    " avec les correspondants",
    " à la demande générale",
)
"""What a title adds to its activity; most often nothing."""

SENTENCES = (
    "Les enfants ont commencé dès l'arrivée et personne n'a vu le temps passer.",
    "On avait prévu une heure, il en a fallu deux, tant pis pour le rangement !",
    "Le matériel venait de la récupération du quartier, merci aux commerçants.",
    "Chacun a choisi sa couleur, et à la fin tout le monde avait du bleu sur les mains.",
    "Les plus grands ont aidé les plus petits à découper.",
    "Il a fait un peu froid, mais les manteaux étaient là et le chocolat chaud aussi.",
    "Nous sommes allés à pied jusqu'au parc, en rang et en chansons.",
    "La règle était simple : on essaie d'abord, on demande ensuite.",
    "Deux équipes, un seul ballon, et beaucoup de rires.",
    "Le résultat est exposé dans le hall jusqu'à la fin de la semaine.",
    "Venez voir, c'est affiché à l'entrée.",
    "Prévoyez des vêtements qui ne craignent rien, la peinture part mal.",
    "On recommence la semaine prochaine avec ceux qui n'ont pas pu venir.",
    "Le groupe a voté, et le vote a donné raison aux crêpes.",
    "Quelques photos en vrac, prises entre deux fous rires.",
    "L'intervenante de la médiathèque nous a lu trois albums, puis un quatrième.",
    "Les recettes sont à l'accueil, prenez-les en photo.",
    "On a observé, dessiné, puis comparé avec le livre.",
    "Pas de gagnant aujourd'hui : tout le monde a eu droit à sa médaille en carton.",
    "La pluie nous a fait rentrer plus tôt, alors on a inventé un autre jeu à l'intérieur.",
    "Les œuvres rentrent à la maison vendredi soir.",
    "Il reste à peindre le toit, et à trouver une porte.",
    "Le silence a duré presque une minute, un record.",
    "Les enfants vous raconteront mieux que nous.",
    "Merci aux familles qui ont apporté des boîtes et du tissu !",
    "Le car était à l'heure, le retour un peu moins, merci de votre patience.",
    "On a goûté dehors, assis dans l'herbe.",
    "Chaque enfant est reparti avec sa petite création.",
    "Le jardinier de la ville nous a montré comment semer sans gaspiller.",
    "La musique s'entendait jusque dans la rue.",
    "Il manquait des pinceaux, on a donc peint avec des éponges.",
    "Petite frayeur : un hérisson dormait sous le tas de feuilles, nous l'avons laissé tranquille.",
    "Les CM2 ont écrit les règles, les CP les ont illustrées.",
    "On garde tout pour la fête de fin d'année.",
    "Un grand bravo à toute l'équipe, petits et grands.",
    "Vous nous avez demandé des nouvelles, en voici.",
)
"""What a story is made of: one sentence each, of 6 to 17 words."""

BOLD = (
    "**Pensez à la tenue de rechange.**",
    "**À voir dans le hall jusqu'à vendredi.**",
    "**La prochaine séance est déjà complète.**",
    "**Merci de venir chercher les enfants avant 18 h 30.**",
)
"""What an animator insists on."""

THINGS = (
    "du carton et de la ficelle",
    "trois litres de peinture",
    "un peu de patience",
    "des feuilles du parc",
    "une nappe et des bougies",
    "beaucoup de bonne humeur",
    "deux ballons et un sifflet",
    "des rubans de toutes les couleurs",
)
"""The lines of a list."""

LISTS_BEGIN = ("Il nous a fallu :", "Au programme :", "Nous avons utilisé :")

STANDING_LINKS = (
    ("Tout est dans [le programme](programmes/).", None),
    ("Les autres albums sont [par ici](archives/).", None),
    ("Voir aussi [nos mercredis](moments/mercredi.html).", Moment.WEDNESDAY),
    ("Voir aussi [nos vacances](moments/vacances.html).", Moment.HOLIDAYS),
    ("N'oubliez pas [les rappels](rappels.html) de la semaine.", None),
)
"""Links to pages a centre always has; the moment, when only a centre that opens it has the page."""

ARTICLE_LINK = "C'est la suite de [{title}](articles/{slug}.html)."

CAPTIONS = (
    "Une grande table couverte de papiers de couleur.",
    "Des mains pleines de peinture au-dessus d'une feuille.",
    "Le groupe de dos, devant l'arbre de la cour.",
    "Trois constructions en carton posées sur le banc.",
    "Le parc vu du haut de la butte.",
    "Des pots alignés sur le rebord de la fenêtre.",
    "La fresque terminée, accrochée dans le couloir.",
    "Un plateau de jeu et quatre paires de mains.",
    "Les bottes rangées par taille dans l'entrée.",
    "Un gâteau doré qui sort du four.",
    "Le ballon en l'air, au milieu du terrain.",
    "Des dessins suspendus à un fil.",
)
"""What one sees, when an animator took the time to write it."""

NEEDED = (
    *NEEDS,
    *WEEKEND_NEEDS,
    Need(sentence="Une casquette et de la crème solaire", pictogram="casquette"),
    Need(sentence="L'autorisation de sortie à rendre", pictogram="papier", text="Avant jeudi."),
    Need(sentence="Une tenue de sport et des baskets", pictogram="boite", ends_at_hour=18),
    Need(sentence="Départ du car à 8 h 45 précises", pictogram="car", ends_at_hour=10),
    Need(sentence="Le centre ferme à 17 h ce soir", pictogram="maison", ends_at_hour=18),
)
"""What is not to be forgotten."""
