"""The moments of a leisure centre's day and year (`temps d'accueil`)."""

from datetime import date, time
from enum import StrEnum

from publisher.model.mistake import in_french as _

WEDNESDAY = 2


class Moment(StrEnum):
    """A moment at which a centre opens. The value is its name in files and addresses."""

    MORNING = "matin"
    LUNCH = "midi"
    EVENING = "soir"
    WEDNESDAY = "mercredi"
    HOLIDAYS = "vacances"

    @property
    def short(self) -> str:
        """The word beside its shape."""
        return _SHORT[self]

    @property
    def long(self) -> str:
        """The words of the field, such as « pause méridienne »."""
        return _LONG[self]


_SHORT = {
    Moment.MORNING: _("Matin"),
    Moment.LUNCH: _("Midi"),
    Moment.EVENING: _("Soir"),
    Moment.WEDNESDAY: _("Mercredi"),
    Moment.HOLIDAYS: _("Vacances"),
}
_LONG = {
    Moment.MORNING: _("Accueil du matin"),
    Moment.LUNCH: _("Pause méridienne"),
    Moment.EVENING: _("Accueil du soir"),
    Moment.WEDNESDAY: _("Mercredi"),
    Moment.HOLIDAYS: _("Vacances"),
}

_LUNCH_BEGINS = time(10, 30)
_EVENING_BEGINS = time(15, 0)


def likely_moment(day: date, hour: time, opens: tuple[Moment, ...]) -> Moment:
    """The moment an animator most likely speaks of, on *day* at local *hour*.

    Wednesday is Wednesday all day. On other days the hour decides, among what the centre
    *opens*; a centre that opens only in the holidays always means the holidays. Saturday and
    Sunday fall back on the evening, the last moment of a week.
    """
    if day.weekday() == WEDNESDAY and Moment.WEDNESDAY in opens:
        return Moment.WEDNESDAY
    if hour < _LUNCH_BEGINS:
        by_hour = Moment.MORNING
    elif hour < _EVENING_BEGINS:
        by_hour = Moment.LUNCH
    else:
        by_hour = Moment.EVENING
    return next((one for one in (by_hour, Moment.EVENING, *opens) if one in opens), by_hour)
