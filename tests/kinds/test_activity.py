"""What an activity looks like to a child who cannot read yet."""

import pytest

from publisher.demo import stories
from publisher.demo.simulated_words import ACTIVITIES
from publisher.kinds.activity import PICTOGRAMS, pictogram_of


@pytest.mark.parametrize(
    ("title", "pictogram"),
    [
        ("Piscine", "piscine"),
        ("CONTES sous le préau", "conte"),
        ("L'atelier d'art", "peinture"),
        ("Théâtre d'ombres", "masque"),
        ("Les échecs", "jeux"),
        ("Jeux de société", "jeux"),
        ("Jeudi surprise", None),
        ("Un jeu dans la forêt", "feuille"),
        ("Sortie à la piscine", "piscine"),
        ("Sortie surprise", "car"),
        ("Fête de la musique", "musique"),
        ("Temps libre", None),
        ("", None),
        ("<b>", None),
    ],
)
def test_a_word_of_the_title_tells(title: str, pictogram: str | None) -> None:
    """Whole words, whatever their case, accents and number; where one goes wins over how."""
    assert pictogram_of(title) == pictogram


def test_most_of_what_centres_do_has_a_pictogram() -> None:
    """Of the activities of the invented towns, four in five at least, and never an unknown one."""
    told = {one.activity for each in stories.STORIES.values() for one in each if one.activity}
    titles = [*told, *(title for each in ACTIVITIES.values() for title in each)]
    known = [name for title in titles if (name := pictogram_of(title)) is not None]
    assert set(known) <= PICTOGRAMS
    assert len(known) >= 0.8 * len(titles), [one for one in titles if pictogram_of(one) is None]
