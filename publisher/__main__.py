"""`python -m publisher` is the command `preau`."""

from publisher.cli import main

raise SystemExit(main())
