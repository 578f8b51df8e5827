"""What is wrong with something a person wrote, said in French so that they can put it right."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


def in_french(sentence: str) -> str:
    """Mark *sentence* for translation and leave it as it is: messages are written in French."""
    return sentence


_ = in_french


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One mistake: where it is, and what to do next.

    `where` is a form field, or a file and key. `says` is a French sentence with {named}
    places that `facts` fill, so that it can be translated before it is filled. `line` is the
    line of a stored document, counted from 1, when one is known.
    """

    where: str
    says: str
    facts: Mapping[str, object] = field(default_factory=dict)
    line: int | None = None

    def sentence(self, translate: Callable[[str], str] = in_french) -> str:
        """The whole sentence, in the reader's language."""
        return translate(self.says).format_map(self.facts)


@dataclass(frozen=True, slots=True)
class Mistakes:
    """Every mistake found in one input, in the order a person meets them; never empty."""

    all: tuple[Mistake, ...]

    def at(self, where: str) -> tuple[Mistake, ...]:
        """The mistakes of one field."""
        return tuple(one for one in self.all if one.where == where)
