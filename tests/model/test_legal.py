"""The pages a town must show say what the law asks, from its configuration."""

from dataclasses import replace
from datetime import date

import pytest

from publisher.editions.plan import plan_of
from publisher.model.edition import CentreContent
from publisher.model.legal import (
    LEGAL_NAMES,
    LegalPage,
    accessibility_words,
    charter_rules,
    legal_page,
    legal_title,
)
from publisher.model.town import Audit, Contact, Legal, Town
from tests.posts import CENTRE, NOW, PARIS

LEGAL = Legal(
    publication_director="la maire de Valmont",
    host_name="Hébergeur du Quai",
    host_address="2 rue du Quai, 59000 Lille",
    host_phone="03 99 00 00 01",
    host_country="France",
    data_protection_mail="dpo@valmont.example",
    accessibility_state="non",
    accessibility_mail="acces@valmont.example",
    accessibility_declared_on=date(2026, 9, 1),
    charter_version=3,
)
TOWN = Town(
    name="Valmont-sur-Rive",
    department="Direction de la jeunesse",
    contact=Contact(
        address="1 place de la Mairie", phone="01 99 00 00 00", mail="jeunesse@valmont.example"
    ),
    timezone=PARIS,
    language="fr",
    public_url="https://preau.valmont.example",
    legal=LEGAL,
    sign_in=(),
    centres=(CENTRE,),
)


def _words(page: LegalPage) -> str:
    return "\n".join(
        sentence for section in page.sections for sentence in (section.heading, *section.paragraphs)
    )


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        (
            "accessibilite",
            (
                "non conforme",
                "RGAA 4.1",
                "acces@valmont.example",
                "Défenseur des droits",
                "Libre réponse",
                "01/09/2026",
                "https://preau.valmont.example",
            ),
        ),
        (
            "mentions-legales",
            (
                "Valmont-sur-Rive",
                "1 place de la Mairie",
                "01 99 00 00 00",
                "jeunesse@valmont.example",
                "la maire de Valmont",
                "Hébergeur du Quai",
                "2 rue du Quai",
                "03 99 00 00 01",
                "Les Tilleuls",
            ),
        ),
        (
            "donnees-personnelles",
            (
                "responsable",
                "dpo@valmont.example",
                "6.1.e",
                "6.1.a",
                "Qui les reçoit",
                "Hébergeur du Quai",
                "France",
                "31 août",
                "12 mois",
                "trente jours",
                "portail famille",
                "trois ans",
                "effacement",
                "CNIL",
            ),
        ),
        ("charte", ("Version 3", "1. ", "5. ", "01 99 00 10 01")),
        (
            "retirer-une-photo",
            ("01 99 00 10 01", "t@valmont.example", "pas à dire pourquoi", "tout de suite"),
        ),
    ],
)
def test_a_page_says_what_the_law_asks(name: str, facts: tuple[str, ...]) -> None:
    """Each page holds every fact of facts/law.md that it answers for."""
    words = _words(legal_page(name, TOWN, CENTRE))
    for fact in facts:
        assert fact in words


def test_an_audit_and_what_it_found_are_said() -> None:
    """Its day, who made it, its rate; failures, burdens and exemptions each under their heading."""
    legal = replace(
        LEGAL,
        accessibility_state="partiellement",
        audit=Audit(on=date(2026, 6, 12), by="Cabinet Lisible", rate=83),
        accessibility_failures=("Le carnet {2025} n'a pas de titres.",),
        accessibility_burdens=("Les anciens documents.",),
        accessibility_exempt=("La carte interactive.",),
        accessibility_scheme="https://valmont.example/schema",
        accessibility_plan="https://valmont.example/plan-2026",
        logs_kept_months=6,
    )
    town = replace(TOWN, legal=legal)
    page = legal_page("accessibilite", town, None)
    words = _words(page)
    assert "Audit du 12/06/2026 par Cabinet Lisible : 83 % des critères sont respectés." in words
    assert "https://valmont.example/schema" in words
    assert "https://valmont.example/plan-2026" in words
    by_heading = {section.heading: section.paragraphs for section in page.sections}
    assert by_heading["Contenus non accessibles : non-conformités"] == (
        "Le carnet {2025} n'a pas de titres.",
    )
    assert by_heading["Contenus non accessibles : dérogations"] == ("Les anciens documents.",)
    assert ("La carte interactive.",) in by_heading.values()
    assert "6 mois au plus" in _words(legal_page("donnees-personnelles", town, None))


def test_without_a_scheme_it_is_asked_for_by_mail() -> None:
    """Both the plan of three years and that of the year."""
    words = _words(legal_page("accessibilite", TOWN, None))
    assert words.count("acces@valmont.example") == 3
    assert "Aucun audit" in words


@pytest.mark.parametrize("for_children", [True, False])
def test_the_rules_of_the_first_visit_are_those_of_the_page(*, for_children: bool) -> None:
    """What is accepted is what can be read again at any time, in both wordings."""
    said = _words(legal_page("charte", TOWN, None))
    rules = charter_rules(TOWN, None, for_children=for_children)
    assert len(rules) == 5
    for rule in rules:
        assert rule.heading in said
        assert all(sentence in said for sentence in rule.paragraphs)


@pytest.mark.parametrize("centre", [CENTRE, None])
@pytest.mark.parametrize("name", LEGAL_NAMES)
def test_no_place_is_left_to_fill(name: str, centre: object) -> None:
    """Every {named} place is filled, with a centre and for the whole town."""
    page = legal_page(name, TOWN, centre)  # type: ignore[arg-type]  # as parametrised
    assert page.name == name
    assert page.title == legal_title(name)
    assert page.sections
    assert all(section.heading and section.paragraphs for section in page.sections)
    assert "{" not in _words(page)


def test_without_a_centre_the_town_answers() -> None:
    """On the gate's own pages, the number to call is the town's."""
    words = _words(legal_page("retirer-une-photo", TOWN, None))
    assert "01 99 00 00 00" in words
    assert "01 99 00 10 01" not in words


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ("non", "non conforme"),
        ("partiellement", "partiellement conforme"),
        ("totalement", "totalement conforme"),
        ("presque", "non conforme"),
    ],
)
def test_the_state_of_accessibility(state: str, says: str) -> None:
    """The state is one of the law's three; without a valid one, it is the lowest."""
    town = replace(TOWN, legal=replace(LEGAL, accessibility_state=state))
    assert accessibility_words(state) == says
    assert f"Accessibilité : {says}." in _words(legal_page("accessibilite", town, None))


def test_the_charter_has_five_rules() -> None:
    """Five rules, then the version that families accept."""
    headings = [section.heading for section in legal_page("charte", TOWN, None).sections]
    assert [heading[:2] for heading in headings[:5]] == ["1.", "2.", "3.", "4.", "5."]


def test_sentences_are_translated_before_they_are_filled() -> None:
    """A translation receives the sentence with its places, as catalogues keep it."""
    asked: list[str] = []

    def translate(sentence: str) -> str:
        asked.append(sentence)
        return sentence.upper() if "{" not in sentence else "At {phone}"

    page = legal_page("retirer-une-photo", TOWN, CENTRE, translate)
    assert any("{phone}" in one for one in asked)
    assert "At 01 99 00 10 01" in _words(page)


def test_an_unknown_page_is_an_error() -> None:
    """A name that is not one of the five is a mistake of the program."""
    with pytest.raises(KeyError):
        legal_page("cookies", TOWN, None)


def test_every_centre_s_site_has_them_all() -> None:
    """The plan of a centre without a single post still has the five pages."""
    plan = plan_of(CentreContent(centre=CENTRE, posts=(), photos={}), NOW)
    assert {page.legal for page in plan.pages if page.legal} == set(LEGAL_NAMES)
