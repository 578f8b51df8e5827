"""What an activity looks like: the pictogram by which a child who cannot read yet knows it.

An animator writes « Contes sous le préau » and chooses no picture: a word of the title does. A
title without any such word has no pictogram, rather than a wrong one.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from unicodedata import normalize

_SAID: Mapping[str, str] = MappingProxyType(
    {
        "piscine": "piscine natation nager baignade aquatique",
        "cuisine": "cuisine cuisiner gâteau pâtisserie tarte crêpe biscuit recette pain pizza",
        "pique-nique": "nique",
        "gouter": "goûter",
        "jardin": "jardin jardinage potager plantation planter semis semer graine",
        "musique": "musique musical chant chanter chanson chorale comptine percussion danse rythme",
        "masque": "masque masqué théâtre déguisement carnaval marionnette spectacle mime cirque",
        "cabane": "cabane hutte",
        "lanterne": "lanterne fête anniversaire kermesse veillée lampion",
        "conte": "conte histoire lecture lire livre bibliothèque médiathèque kamishibai",
        "ballon": (
            "ballon balle foot football basket hand handball rugby sport sportif sportive tournoi"
            " ping pong roller vélo trottinette corde motricité olympiade course gymnastique"
        ),
        "feuille": (
            "forêt bois parc nature balade promenade randonnée feuille herbier champignon ferme"
        ),
        "peinture": (
            "peinture peindre fresque dessin dessiner coloriage collage art bricolage pâte modelage"
            " argile perle bracelet tissage couture origami découpage découpé"
        ),
        "photo": "photo film vidéo",
        "dodo": "sieste repos relaxation détente",
        "jeux": "jeu jouer ludothèque échec dame puzzle",
        "car": "sortie visite excursion musée car",
    }
)
"""The words of titles, by pictogram: of two words in one title, the pictogram that comes first."""

PICTOGRAMS = frozenset(_SAID)
"""The pictograms that an activity may have: their names in the theme."""

_WORD = re.compile("[a-z]+")


@lru_cache(maxsize=1024)
def pictogram_of(title: str) -> str | None:
    """The pictogram of an activity of that *title*, as it is written in French, or None."""
    found = [_RANKS[word] for word in _words(title) if word in _RANKS]
    return _NAMES[min(found)] if found else None


def _words(text: str) -> list[str]:
    """The words of *text* without their accents, nor the mark of a plural."""
    plain = "".join(one for one in normalize("NFD", text.casefold()) if ord(one) < 0x300)  # noqa: PLR2004 (the first accent)
    return [word.rstrip("sx") for word in _WORD.findall(plain)]


_NAMES = tuple(_SAID)
_RANKS = MappingProxyType(
    {word: rank for rank, words in enumerate(_SAID.values()) for word in _words(words)}
)
