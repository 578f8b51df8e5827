"""The decision alone, for the server in front that sends the files itself: yes or no, no page.

It is asked about a space, not about a file, and of nobody but whom the cookies name: whoever asks
it learns nothing that asking for a page of that space would not tell them.
"""

from http import HTTPStatus
from typing import TYPE_CHECKING

from publisher.gate.answer import Answer
from publisher.gate.memory import Visitors
from publisher.model.space import space_of

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

DECISION = "/decision"
SPACE_HEADER = "X-Preau-Space"
"""Where the server in front writes the space that it found in the very path it serves."""

_ASKED = f"HTTP_{SPACE_HEADER.upper().replace('-', '_')}"
_YES = Answer(status=HTTPStatus.NO_CONTENT)
_NO = Answer(status=HTTPStatus.FORBIDDEN)


def decision(environ: "WSGIEnvironment", visitors: Visitors) -> Answer | None:
    """204 when the visitor may read the space that is asked about, 403 when not.

    None when no space is asked about: it is then a path like any that does not exist.
    """
    if environ.get("PATH_INFO") != DECISION:
        return None
    asked: str | None = environ.get(_ASKED)
    if asked is None:
        return None
    space = space_of(asked)
    if space is None or space.prefix != asked:
        return _NO
    return _YES if visitors.may_read(environ, space) else _NO
