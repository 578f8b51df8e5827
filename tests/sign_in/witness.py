"""An `xmlsec1` that tells what it was given, or does not answer, before the true one."""

import os
import shutil
from pathlib import Path


def witness_of_xmlsec(folder: Path, script: str) -> str:
    """A PATH on which `xmlsec1` is the shell *script*, written in *folder*; `$TRUE` is the other."""
    true = shutil.which("xmlsec1")
    folder.mkdir()
    program = folder / "xmlsec1"
    program.write_text(f"#!/bin/sh\nTRUE={true}\n{script}\n", encoding="ascii")
    program.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"
