"""Each condition of the gate, broken on purpose: the survey sees what it let out."""

import shutil
from pathlib import Path

import pytest

from tests.access.matrix import make_matrix
from tests.access.moments import EVENING, MOMENTS
from tests.access.planted import FAULTS, Fault, leak_with


@pytest.fixture(name="evening", scope="module")
def _evening(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A town that was built in the evening, and that nobody visited yet."""
    instance = tmp_path_factory.mktemp("soir") / "ville"
    make_matrix(instance).town.build(MOMENTS[EVENING])
    shutil.rmtree(instance / "records")
    return instance


@pytest.mark.parametrize(
    "fault", [None, *FAULTS], ids=lambda fault: fault.name if fault else "none"
)
def test_a_broken_condition_is_seen(evening: Path, tmp_path: Path, fault: Fault | None) -> None:
    """Without a fault there is no leak; with any of them there is one."""
    instance = tmp_path / "ville"
    shutil.copytree(evening, instance)
    leak = leak_with(fault, instance, tmp_path)
    assert (leak != "") is (fault is not None)
