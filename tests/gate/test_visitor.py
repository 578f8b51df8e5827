"""Where each visitor's home is."""

import re

import pytest

from publisher.model.person import Role
from tests.gate.conftest import MICHEL, PREVERT, Instance


@pytest.mark.parametrize(
    ("classes", "prefix"),
    [
        ((), "/les-tilleuls/"),
        (((PREVERT, "CP A"),), "/les-tilleuls/groupes/moyens/"),
        (((PREVERT, "CP A"), (PREVERT, "CM1")), "/les-tilleuls/"),
    ],
)
def test_a_child_s_home_is_the_page_in_pictures(
    still: Instance, classes: tuple[tuple[str, str], ...], prefix: str
) -> None:
    """A child lands on the children's page of the very space whose home a family lands on."""
    family = still.visitor(classes=classes).ask("/")
    assert (family.status, family.location) == (302, prefix)
    child = still.visitor(role=Role.CHILD, classes=classes)
    reply = child.ask("/")
    assert (reply.status, reply.location) == (302, f"{prefix}petits.html")
    assert "en images" in child.ask(reply.location).text
    assert child.ask(prefix).status == 200  # the parents' page, which it leads to


def test_a_child_of_two_centres_chooses_between_pages_in_pictures(still: Instance) -> None:
    """The chooser leads a child to children's pages, and a family to homes."""
    schools, classes = (PREVERT, MICHEL), ((PREVERT, "CP A"),)
    child = still.visitor(role=Role.CHILD, schools=schools, classes=classes).ask("/")
    family = still.visitor(schools=schools, classes=classes).ask("/")
    homes = ["/la-grande-ourse/", "/les-tilleuls/groupes/moyens/"]
    found = re.compile(r'href="(/l[^"]+/(?:petits\.html)?)"')
    assert found.findall(child.text) == [f"{home}petits.html" for home in homes]
    assert found.findall(family.text) == homes


def test_a_refused_child_is_led_to_pictures(still: Instance) -> None:
    """What the refusal offers instead is the child's own page too."""
    reply = still.visitor(role=Role.CHILD).ask("/la-grande-ourse/index.html")
    assert reply.status == 404
    assert 'href="/les-tilleuls/petits.html"' in reply.text


def test_no_other_role_is_taken_for_a_child(still: Instance) -> None:
    """A family has words for a home, and may open the children's page all the same."""
    family = still.visitor()
    assert family.ask("/").location == "/les-tilleuls/"
    assert family.ask("/les-tilleuls/petits.html").status == 200
    assert still.anonymous().ask("/les-tilleuls/petits.html").status == 302
