"""Passwords of our own accounts: what is refused, what is not, and how they are compared."""

import pytest
from argon2 import PasswordHasher

from publisher.sign_in.passwords import (
    Passwords,
    normal_identifier,
    wrong_identifier,
    wrong_password,
)

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
AROUND = ("Valmont-sur-Rive", "Les Tilleuls")


@pytest.mark.parametrize(
    "password",
    [
        "quatre girafes au bord du lac",
        "kzvwqmxbtrpl",
        "tortue-papier-vent",
        "Le mot de passe de Zoé est long",
        "éèàùçâêîôûëï",
        "爱吃苹果的小猫在草地上晒太阳",
    ],
)
def test_a_long_password_is_enough(password: str) -> None:
    """No capital, digit or sign is asked for, whatever the alphabet."""
    assert wrong_password(password, "marelle", AROUND) is None


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("", "au moins"),
        ("onze lettre", "au moins"),
        ("x" * 257, "Pas plus"),
        ("ma marelle à moi", "identifiant"),
        ("MA MARELLE À MOI", "identifiant"),
        ("azertyuiopqsdf", "premiers"),
        ("MotDePasse2026!!", "premiers"),
        ("123456789012", "premiers"),
        ("aaaaaaaaaaaaaaaa", "premiers"),
        ("Les-Tilleuls-2026", "premiers"),
        ("valmontsurrive", "premiers"),
        ("Périscolaire 2026", "premiers"),
    ],
)
def test_a_password_anybody_would_try_is_refused(password: str, says: str) -> None:
    """Too short, too long, the identifier, the commonest with digits around, the place."""
    wrong = wrong_password(password, "Marelle", AROUND)
    assert wrong is not None
    assert says in wrong.sentence()


def test_an_identifier_has_one_spelling() -> None:
    """Capitals, blanks around and ways of writing a letter are no difference."""
    assert normal_identifier("  Zoé.Lac ") == normal_identifier("zoe\u0301.LAC")
    assert wrong_identifier("ab") is not None
    assert wrong_identifier("x" * 81) is not None
    assert wrong_identifier("zoé") is None


def test_a_password_is_compared_by_its_digest() -> None:
    """Right, wrong, written with another key for the same letter, cut, or of nobody."""
    passwords = Passwords(CHEAP)
    kept = passwords.digest("quatre girafes é")
    assert kept.startswith("$argon2id$")
    assert passwords.is_right(kept, "quatre girafes e\u0301")
    assert not passwords.is_right(kept, "quatre girafes e")
    assert not passwords.is_right(kept, "quatre girafes é ")
    assert not passwords.is_right(None, "nobody has this password")
    assert not passwords.is_right("not a digest", "quatre girafes é")
    assert passwords.digest("quatre girafes é") != kept


def test_a_digest_of_other_costs_is_old() -> None:
    """What was digested more cheaply is digested again when its owner comes in."""
    kept = Passwords(CHEAP).digest("quatre girafes")
    assert not Passwords(CHEAP).is_old(kept)
    assert Passwords().is_old(kept)
