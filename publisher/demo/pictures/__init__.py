"""The pictures of the demo: cut papers drawn by `scripts/draw-scenes`, and what each one shows.

They are the project's own. Captions are alternative texts too; nobody is seen, nobody is named.
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

PICTURES: Mapping[str, str] = MappingProxyType(
    {
        "fresque": "Fresque en papiers découpés : un renard traverse une forêt rouge et jaune.",
        "mains": "Arbre peint dont le feuillage est fait d'empreintes de mains de toutes les couleurs.",
        "renard-masque": "Masque de renard en carton, avec des élastiques.",
        "pots": "Table avec six pots de peinture, deux pinceaux et une feuille peinte.",
        "sechage": "Peintures suspendues à un fil par des pinces à linge.",
        "hibou": "Hibou violet sur une branche, avec un croissant de lune jaune.",
        "herisson": "Hérisson en papier découpé parmi des feuilles d'automne.",
        "champignons": "Quatre champignons rouges et jaunes à pois blancs.",
        "escargot": "Escargot à la coquille en spirale rouge et jaune.",
        "herbier": "Herbier : douze petites cartes avec chacune une feuille de couleur.",
        "algues": "Deux grandes fougères blanches sur quatre carrés de couleur.",
        "pluie-bottes": "Grand parapluie jaune et rouge, deux bottes dans une flaque.",
        "piscine": "Bassin vu d'en haut : une ligne de flotteurs, une bouée jaune et un ballon.",
        "marelle": "Marelle peinte sur la cour, un palet posé sur la deuxième case.",
        "lanternes": "Lanternes en papier allumées, la nuit.",
        "tarte": "Tarte aux pommes sur une nappe à carreaux, trois pommes et un rouleau.",
        "cerfs-volants": "Trois cerfs-volants au-dessus des collines.",
        "musique": "Tambour, tambourin et xylophone sur fond jaune.",
        "cabane": "Cabane en carton avec une guirlande de fanions et des coussins.",
        "preau": "Un préau au toit bleu, un grand arbre, un soleil et une marelle peinte au sol.",
    }
)
"""Each picture's name, and in one sentence what one sees."""


def picture_file(name: str) -> Path:
    """The file of a picture, 1080 px wide."""
    return Path(__file__).parent / f"{name}.webp"
