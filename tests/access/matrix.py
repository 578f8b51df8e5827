"""The whole survey of one town, in this process: what `scripts/test --access` prints is counted here."""

from dataclasses import dataclass
from pathlib import Path

from publisher.records import Records, open_records
from publisher.sign_in.passes import FAMILY, Passes
from tests.access.decisions import decide_everything
from tests.access.moments import EVENING, MOMENTS
from tests.access.policy import Policy
from tests.access.servers import InProcess, gate_at, settings_of
from tests.access.survey import Figure, Server, Survey, one_of_each_class
from tests.access.town import MarkedTown, make_town
from tests.access.visitors import Crowd, Visitor


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """A town, those who visit it, and what the records know of them."""

    town: MarkedTown
    records: Records
    visitors: tuple[Visitor, ...]

    def survey(self, moment: str, figure: Figure) -> Survey:
        """The survey of the town as it is built now, at *moment*."""
        survey = Survey(
            policy=Policy(),
            files=self.town.files(),
            posts=self.town.posts,
            now=MOMENTS[moment],
            figure=figure,
        )
        survey.learn(self.visitors)
        return survey

    def ask_in_process(self, moment: str, figure: Figure) -> None:
        """Every file at *moment*, for everybody; on the evening in every other way as well."""
        self.town.build(MOMENTS[moment])
        survey = self.survey(moment, figure)
        server = InProcess(gate_at(self.town.instance, MOMENTS[moment], self.records))
        for visitor in self.visitors:
            survey.every_file(server, visitor)
            survey.nothing_beside(server, visitor)
            survey.every_decision(server, visitor)
            if moment == EVENING:
                survey.other_ways(server, visitor)

    def decide(self, moment: str, figure: Figure) -> None:
        """Every decision at *moment*."""
        settings = settings_of(self.town.instance)
        decide_everything(
            town=self.town.town,
            passes=Passes(settings.gate_keys, FAMILY, self.town.town.public_url),
            records=self.records,
            visitors=self.visitors,
            files=self.town.files(),
            now=MOMENTS[moment],
            figure=figure,
        )

    def ask_server(self, server: Server, figure: Figure) -> None:
        """Every file, and every spelling of one of each class, of a server for which it is evening."""
        survey = self.survey(EVENING, figure)
        chosen = one_of_each_class(self.town.files())
        for visitor in self.visitors:
            survey.every_file(server, visitor)
            survey.nothing_beside(server, visitor)
            survey.every_spelling(server, visitor, chosen)


def make_matrix(folder: Path) -> Matrix:
    """A town in *folder* and its visitors; nothing is built yet."""
    town = make_town(folder)
    settings = settings_of(town.instance)
    records = open_records(settings.database_url)
    visitors = Crowd(settings, town.town.public_url, records).all()
    return Matrix(town=town, records=records, visitors=visitors)
