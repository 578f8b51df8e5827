"""JSON in which no name comes twice."""

import json


class OneOfEach(json.JSONDecoder):
    """A decoder that refuses a name twice in one table: which of the two counts is nobody's choice.

    For `json.loads(…, cls=OneOfEach)`; raises JSONDecodeError.
    """

    def __init__(self) -> None:
        super().__init__(object_pairs_hook=_table_of)


def _table_of(pairs: list[tuple[str, object]]) -> dict[str, object]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise json.JSONDecodeError("a name is there twice", "", 0)
    return table
