"""The picture of imports is enforced: each contract catches a fault planted in a copy of the code."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("contract", "module", "fault"),
    [
        ("publishing-line", "publisher/gate/admission.py", "import publisher.authoring.app"),
        ("publishing-line", "publisher/content/durable.py", "import publisher.shelf"),
        ("publishing-line", "publisher/model/space.py", "import publisher.kinds"),
        ("publishing-line", "publisher/corridor.py", "import publisher.model"),
        ("pure-core", "publisher/editions/plan.py", "import publisher.content.library"),
        ("pure-core", "publisher/kinds/reminder.py", "import subprocess"),
        ("pure-core", "publisher/gate/admission.py", "import flask"),
        ("pure-core", "publisher/model/moment.py", "import time"),
        ("gate-ignorant", "publisher/gate/app.py", "import publisher.content.library"),
        ("no-cycles", "publisher/model/uai.py", "import publisher.model.town"),
    ],
)
def test_a_planted_import_is_caught(tmp_path: Path, contract: str, module: str, fault: str) -> None:
    """The contract that guards against *fault* breaks when it is there, and only then."""
    shutil.copytree(ROOT / "publisher", tmp_path / "publisher")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    if contract == "no-cycles":
        _append(tmp_path / "publisher/model/town.py", "import publisher.model.uai")
    assert _lint(tmp_path, contract).returncode == 0
    _append(tmp_path / module, fault)
    broken = _lint(tmp_path, contract)
    assert broken.returncode != 0
    assert "BROKEN" in broken.stdout or "corridor" in broken.stdout


def _append(path: Path, line: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")


def _lint(folder: Path, contract: str) -> subprocess.CompletedProcess[str]:
    command = [Path(sys.executable).with_name("lint-imports"), "--contract", contract, "--no-cache"]
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
