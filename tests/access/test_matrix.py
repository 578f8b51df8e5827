"""Law 1, on bytes: every file of a built town, for everybody, at every moment, against the policy."""

from pathlib import Path

import pytest

from tests.access.live import alone, behind_nginx
from tests.access.matrix import Matrix, make_matrix
from tests.access.moments import EVENING, MOMENTS
from tests.access.policy import CHARTERS, DATES, FILES, LINKS, WHO
from tests.access.survey import Figure
from tests.access.town import GROUPS, read_posts


@pytest.fixture(name="matrix", scope="module")
def _matrix(tmp_path_factory: pytest.TempPathFactory) -> Matrix:
    return make_matrix(tmp_path_factory.mktemp("acces") / "ville")


def test_everything_the_policy_speaks_of_is_in_the_town(matrix: Matrix) -> None:
    """Every post was read, every class of file is there in centres and in groups, every visitor exists."""
    matrix.town.build(MOMENTS[EVENING])
    files = matrix.town.files()
    assert read_posts(matrix.town) == len(matrix.town.posts)
    kinds = {(file.kind, file.space[1]) for file in files if file.kind != "thème"}
    assert kinds >= {
        (kind, group) for kind in ("page", "photo", "fil") for group in (None, *GROUPS)
    }
    assert {visitor.who for visitor in matrix.visitors} == set(WHO)
    assert {"oui" if one.charter else "non" for one in matrix.visitors} == set(CHARTERS)
    links = {one.link(file.space) for one in matrix.visitors for file in files}
    assert links == set(LINKS)
    dates = {one.dates(now) for one in matrix.visitors for now in MOMENTS.values()}
    assert dates == set(DATES)
    assert {file.kind for file in files} | {"interne"} == set(FILES)
    states = {post.state(MOMENTS[EVENING]) for post in matrix.town.posts}
    assert states | {post.state(now) for post in matrix.town.posts for now in MOMENTS.values()} == {
        "en ligne",
        "à venir",
        "terminé",
        "retiré",
    }


@pytest.mark.parametrize("moment", MOMENTS)
def test_every_file_goes_to_those_the_policy_says_and_to_nobody_else(
    matrix: Matrix, moment: str
) -> None:
    """What is allowed is delivered whole; what is not is the very bytes of what does not exist."""
    figure = Figure()
    matrix.ask_in_process(moment, figure)
    assert figure.leaks == [], figure.told()
    assert figure.responses > 10_000


def test_a_million_decisions_are_those_of_the_policy(matrix: Matrix) -> None:
    """Every visitor, moment, file, and a dozen spellings of each: decided as the table says."""
    figure = Figure()
    for moment, now in MOMENTS.items():
        matrix.town.build(now)
        matrix.decide(moment, figure)
    assert figure.leaks == [], figure.told()
    assert figure.decisions >= 1_000_000


@pytest.mark.parametrize("put_up", [alone, behind_nginx], ids=["alone", "behind nginx"])
def test_every_spelling_of_an_address_shows_no_more(
    matrix: Matrix, tmp_path: Path, put_up: type
) -> None:
    """Over a real connection, byte for byte as written, by the server alone and behind nginx."""
    matrix.town.build(MOMENTS[EVENING])
    figure = Figure()
    with put_up(matrix.town.instance, MOMENTS[EVENING], tmp_path) as server:
        matrix.ask_server(server, figure)
    assert figure.leaks == [], figure.told()
    assert figure.spellings > 10_000
