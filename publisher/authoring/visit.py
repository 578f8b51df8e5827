"""One visit of one person of the team: who they are, what is theirs, what the clock says.

A centre is found through what is yours, never by its name alone: forgetting a check gives the
page of what does not exist, not somebody else's centre.
"""

from dataclasses import dataclass
from datetime import datetime

from publisher.authoring.rights import Deed, may_in
from publisher.model.person import WHOLE_TOWN, Pass, StaffGrant
from publisher.model.town import Centre, Town


class NotYours(Exception):
    """Nothing of that name is this person's: it is refused as what does not exist is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A signed-in person, at `now` (aware, in the town's time zone, whole seconds).

    `grants` are every right they were given, ended ones included. `centres` are those they
    may write in today, in the town's order.
    """

    town: Town
    pass_: Pass
    grants: tuple[StaffGrant, ...]
    centres: tuple[Centre, ...]
    now: datetime
    token: str

    def centre(self, slug: str) -> Centre:
        """The centre of that slug, if it is theirs. Raises NotYours when it is not, or is none."""
        for centre in self.centres:
            if centre.slug == slug:
                return centre
        raise NotYours(slug)

    def may(self, deed: Deed, centre: str) -> bool:
        """Say whether they may do *deed* in *centre* (`WHOLE_TOWN`: the town) today."""
        return may_in(self.grants, deed, centre, self.now.date())

    @property
    def people_of(self) -> tuple[Centre, ...]:
        """The centres whose people they see, in the town's order."""
        return tuple(one for one in self.town.centres if self.may(Deed.SEE_PEOPLE, one.slug))

    @property
    def administers(self) -> bool:
        """Whether they give rights in the whole town."""
        return self.may(Deed.CHANGE_TOWN, WHOLE_TOWN)


def local(moment: datetime, town: Town) -> datetime:
    """*moment* as the town's clocks show it, in whole seconds: how documents carry it."""
    return moment.astimezone(town.timezone).replace(microsecond=0)


def writable_centres(
    town: Town, grants: tuple[StaffGrant, ...], now: datetime
) -> tuple[Centre, ...]:
    """The centres that *grants* open to writing on the local day of *now*."""
    day = now.date()
    return tuple(one for one in town.centres if may_in(grants, Deed.PUBLISH, one.slug, day))
