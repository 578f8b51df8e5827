"""The town's files: every mistake at once, with file and key."""

from datetime import date
from pathlib import Path

import pytest

from publisher.centres import (
    TownIsUnreadable,
    TownOnDisk,
    read_town,
    theme_folder,
    warnings_of,
)
from publisher.model.mistake import Mistakes
from publisher.model.moment import Moment
from publisher.model.town import Audit, Town
from publisher.model.uai import control_letter, has_right_letter
from tests.instance import make_instance

ROOT = Path(__file__).parents[1]


def test_a_good_town_is_read(tmp_path: Path) -> None:
    """Centres, schools, groups and sources come as typed values."""
    town = read_town(make_instance(tmp_path / "town"))
    assert isinstance(town, Town)
    assert [centre.slug for centre in town.centres] == ["la-grande-ourse", "les-tilleuls"]
    tilleuls = town.centre("les-tilleuls")
    assert tilleuls is not None
    assert [group.rank for group in tilleuls.groups] == [1, 2, 3]
    assert tilleuls.hours == {Moment.LUNCH: "11 h 30 – 13 h 30"}
    assert warnings_of(town) == ()


def test_the_repositorys_own_town_is_right() -> None:
    """The invented town of the repository has no mistake and nothing that deserves a look."""
    town = read_town(ROOT)
    assert isinstance(town, Town), [f"{one.where}: {one.sentence()}" for one in town.all]
    assert len(town.centres) == 5
    assert warnings_of(town) == ()


@pytest.mark.parametrize(
    ("file", "before", "after", "where"),
    [
        ("town.toml", 'name = "Valmont-sur-Rive"', 'nom = "Valmont"', "centres/town.toml · nom"),
        ("town.toml", 'name = "Valmont-sur-Rive"\n', "", "centres/town.toml · name"),
        ("town.toml", "Europe/Paris", "Europe/Valmont", "centres/town.toml · timezone"),
        ("town.toml", "http://127.0.0.1:8000", "http://v.example/blog", "centres/town.toml · public_url"),
        ("town.toml", '"non"', '"presque"', "centres/town.toml · legal.accessibility_state"),
        ("town.toml", "2026-09-01", '"hier"', "centres/town.toml · legal.accessibility_declared_on"),
        ("town.toml", 'language = "fr"', 'language = "xx"', "centres/town.toml · language"),
        ("town.toml", "demo = true", 'scope = "email"', "centres/town.toml · sign_in[1].scope"),
        ("town.toml", "demo = true", 'userinfo_accept = "é"', "centres/town.toml · sign_in[1].userinfo_accept"),
        ("town.toml", "demo = true", "has_farewell = 1", "centres/town.toml · sign_in[1].has_farewell"),
        ("les-tilleuls.toml", "0920001B", "92001", "centres/les-tilleuls.toml · schools[1].uai"),
        ("les-tilleuls.toml", '"midi"', '"minuit"', "centres/les-tilleuls.toml · moments"),
        ("les-tilleuls.toml", '["demo"]', '["cas"]', "centres/les-tilleuls.toml · sign_in"),
        ("les-tilleuls.toml", '"C"', '"Z"', "centres/les-tilleuls.toml · school_zone"),
        ("les-tilleuls.toml", 'slug = "moyens"', 'slug = "petits"', "centres/les-tilleuls.toml · groups[2].slug"),
        ("les-tilleuls.toml", 'slug = "moyens"', 'slug = "Moyens !"', "centres/les-tilleuls.toml · groups[2].slug"),
        ("les-tilleuls.toml", "les-tilleuls@valmont.example", "nulle part", "centres/les-tilleuls.toml · contact.mail"),
        ("les-tilleuls.toml", 'ages = "6-8"', 'ages = "6-8"\ncolour = "red"', "centres/les-tilleuls.toml · groups[2].colour"),
        ("les-tilleuls.toml", "midi =", "minuit =", "centres/les-tilleuls.toml · hours.minuit"),
        ("les-tilleuls.toml", "[contact]", "[contact", "centres/les-tilleuls.toml"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_file_and_key(
    tmp_path: Path, file: str, before: str, after: str, where: str
) -> None:
    """One planted mistake is told where it is, in a sentence."""
    instance = make_instance(tmp_path / "town")
    path = instance / "centres" / file
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    town = read_town(instance)
    assert isinstance(town, Mistakes)
    assert where in {one.where for one in town.all}
    assert all(one.sentence() for one in town.all)


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    """Three mistakes in two files are three sentences, not one at a time."""
    instance = make_instance(tmp_path / "town")
    for file in ("town.toml", "les-tilleuls.toml"):
        path = instance / "centres" / file
        path.write_text("oubli = 1\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    (instance / "centres" / "equipe.toml").write_text('name = "x"\n', encoding="utf-8")
    town = read_town(instance)
    assert isinstance(town, Mistakes)
    files = {one.where.partition(" ·")[0] for one in town.all}
    assert files == {"centres/town.toml", "centres/les-tilleuls.toml", "centres/equipe.toml"}


AUDIT = """
[legal.audit]
on = 2026-06-12
by = "Cabinet Lisible"
rate = {rate}
"""


@pytest.mark.parametrize(
    ("state", "rate", "is_right"),
    [
        ("non", None, True),
        ("non", 12, True),
        ("partiellement", None, False),
        ("partiellement", 49, False),
        ("partiellement", 50, True),
        ("totalement", 99, False),
        ("totalement", 100, True),
        ("totalement", 101, False),
    ],
)
def test_a_state_of_accessibility_needs_its_audit(
    tmp_path: Path, state: str, rate: int | None, *, is_right: bool
) -> None:
    """Without a valid audit the only state a town can declare is « non »."""
    instance = make_instance(tmp_path / "town")
    path = instance / "centres" / "town.toml"
    text = path.read_text(encoding="utf-8").replace('_state = "non"', f'_state = "{state}"')
    head, mark, rest = text.partition("[[sign_in]]")
    audit = "" if rate is None else AUDIT.format(rate=rate)
    path.write_text(f"{head}{audit}\n{mark}{rest}", encoding="utf-8")
    town = read_town(instance)
    assert isinstance(town, Town) == is_right
    if isinstance(town, Mistakes):
        assert {one.where.partition(" · ")[2].split(".")[0] for one in town.all} == {"legal"}
    elif rate is not None:
        assert town.legal.audit == Audit(on=date(2026, 6, 12), by="Cabinet Lisible", rate=rate)


def test_logs_are_kept_a_year_at_most(tmp_path: Path) -> None:
    """CNIL's recommendation, six to twelve months; nothing said is twelve."""
    instance = make_instance(tmp_path / "town")
    path = instance / "centres" / "town.toml"
    text = path.read_text(encoding="utf-8")
    for months, is_right in ((6, True), (12, True), (13, False)):
        more = f"charter_version = 1\nlogs_kept_months = {months}"
        path.write_text(text.replace("charter_version = 1", more), encoding="utf-8")
        assert isinstance(read_town(instance), Town) == is_right


def test_a_statement_of_three_years_is_a_warning(tmp_path: Path) -> None:
    """The law has it done again; the site goes on saying what it says."""
    town = read_town(make_instance(tmp_path / "town"))
    assert isinstance(town, Town)
    assert warnings_of(town, date(2029, 8, 30)) == ()
    (warning,) = warnings_of(town, date(2029, 9, 1))
    assert "accessibility_declared_on" in warning.where
    assert "à refaire" in warning.sentence()


def test_a_wrong_control_letter_is_a_warning(tmp_path: Path) -> None:
    """A UAI whose letter is wrong is told and used: the ENT's value wins."""
    instance = make_instance(tmp_path / "town")
    path = instance / "centres" / "les-tilleuls.toml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("0920001B", "0920001Z"), encoding="utf-8"
    )
    town = read_town(instance)
    assert isinstance(town, Town)
    (warning,) = warnings_of(town)
    assert "serait B" in warning.sentence()


@pytest.mark.parametrize("uai", ["0370884K", "0790031E", "0920001B", "0920002C", "0310001H"])
def test_real_codes_have_the_right_letter(uai: str) -> None:
    """The control letter is the one that published codes carry."""
    assert has_right_letter(uai)
    assert control_letter(uai[:7]) == uai[7]


def test_the_town_follows_its_files_and_keeps_the_last_good_one(tmp_path: Path) -> None:
    """A change is seen at the next look; a mistake leaves the town as it was."""
    instance = make_instance(tmp_path / "town")
    path = instance / "centres" / "les-tilleuls.toml"
    good = path.read_text(encoding="utf-8")
    town = TownOnDisk(instance)
    path.write_text(good.replace("Les Tilleuls", "Le Grand Tilleul"), encoding="utf-8")
    assert town().centre("les-tilleuls").name == "Le Grand Tilleul"  # type: ignore[union-attr]  # it is there
    path.write_text("ceci n'est pas du toml", encoding="utf-8")
    assert town().centre("les-tilleuls").name == "Le Grand Tilleul"  # type: ignore[union-attr]  # as above


def test_the_town_is_looked_at_at_most_once_a_second(tmp_path: Path) -> None:
    """Nothing is looked at before the second is over, and what changed is seen once it is."""
    instance = make_instance(tmp_path / "town")
    path = instance / "centres" / "les-tilleuls.toml"
    seconds = [100.0]
    town = TownOnDisk(instance, every_s=1, monotonic=lambda: seconds[0])
    before = town()
    path.write_text(path.read_text(encoding="utf-8").replace("Les Tilleuls", "Le Grand Tilleul"))
    seconds[0] = 100.9
    assert town() is before
    seconds[0] = 101.0
    after = town()
    assert after.centre("les-tilleuls").name == "Le Grand Tilleul"  # type: ignore[union-attr]  # it is there
    path.unlink()
    seconds[0] = 101.9
    assert town() is after
    seconds[0] = 102.0
    assert town().centre("les-tilleuls") is None


def test_a_town_wrong_from_the_start_is_not_served(tmp_path: Path) -> None:
    """There is no last good reading to fall back on."""
    with pytest.raises(TownIsUnreadable):
        TownOnDisk(tmp_path)


def test_an_instance_may_bring_its_own_theme(tmp_path: Path) -> None:
    """The instance's theme wins over the one that comes with Préau; an unknown one is an error."""
    assert theme_folder(tmp_path, "preau") == ROOT / "themes/preau"
    (tmp_path / "themes/preau/templates").mkdir(parents=True)
    assert theme_folder(tmp_path, "preau") == tmp_path / "themes/preau"
    with pytest.raises(FileNotFoundError):
        theme_folder(tmp_path, "absent")
