"""`scripts/bench`: which bench to run."""

import sys

import editions
import gate

BENCHES = {"editions": editions.main, "gate": gate.main}

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in BENCHES:  # noqa: PLR2004 (the command and its name)
        print(f"usage: scripts/bench {{{','.join(BENCHES)}}} [--help]", file=sys.stderr)
        raise SystemExit(2)
    raise SystemExit(BENCHES[sys.argv[1]](sys.argv[2:]))
