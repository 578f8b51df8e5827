"""Six moments of a town's life, on both sides of everything that begins or ends."""

from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")

APPEARS_AT = datetime(2026, 11, 18, 17, tzinfo=PARIS)
ENDS_AT = datetime(2026, 11, 20, tzinfo=PARIS)
LAST_DAY_OF_A_RIGHT = date(2026, 11, 19)
"""The last day, included, of contracts, enrolments and codes."""
PASSES_END_AT = datetime(2026, 12, 18, tzinfo=PARIS)

MOMENTS: Mapping[str, datetime] = {
    "une seconde avant l'heure": datetime(2026, 11, 18, 16, 59, 59, tzinfo=PARIS),
    "à l'heure": APPEARS_AT,
    "le mercredi soir": datetime(2026, 11, 18, 20, tzinfo=PARIS),
    "une seconde avant la fin": datetime(2026, 11, 19, 23, 59, 59, tzinfo=PARIS),
    "à la fin": ENDS_AT,
    "l'année scolaire suivante": datetime(2027, 9, 1, tzinfo=PARIS),
}
EVENING = "le mercredi soir"
