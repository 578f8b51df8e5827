"""The printed sheet of paper codes: A4, one ticket a family, to be cut and handed over."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import jinja2
import segno
from markupsafe import Markup

from publisher.language import install
from publisher.model.town import Centre, Group, Town
from publisher.sign_in.paper import ALPHABET, written

_TEMPLATES = Path(__file__).parent / "templates"
STYLE = (_TEMPLATES / "sign_in" / "paper_sheet.css").read_text(encoding="utf-8")
"""What a sheet that stands alone in a file is drawn by."""
_NAME_LENGTH = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One family's code, and the number by which the centre can take it back."""

    number: int
    code: str

    @property
    def signs(self) -> str:
        """The code in groups, as it is printed."""
        return written(self.code)


def new_sheet_name(draw: Callable[[int], int]) -> str:
    """A name for a sheet, such as `7F4KM`; *draw* gives a random number below its argument."""
    return "".join(ALPHABET[draw(len(ALPHABET))] for _sign in range(_NAME_LENGTH))


def sheet_page(
    town: Town,
    centre: Centre,
    group: Group | None,
    *,
    sheet: str,
    codes: Sequence[str],
    ends_on: date,
    style: str,
) -> str:
    """The whole page, by itself: *style* is its style sheet, and nothing is fetched.

    The QR code holds the address alone: a code in an address would be written in the logs.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES), autoescape=True, trim_blocks=True
    )
    install(environment, town.language)
    address = f"{town.public_url}/code"
    drawn = segno.make(address, error="m", micro=False).svg_inline(
        scale=4, border=2, svgclass="qr", lineclass=None, omitsize=True
    )
    return environment.get_template("sign_in/paper_sheet.html").render(
        town=town,
        centre=centre,
        group=group,
        sheet=sheet,
        tickets=[Ticket(number=number, code=code) for number, code in enumerate(codes, start=1)],
        ends_on=ends_on,
        address=address.partition("://")[2],
        qr=Markup(drawn),  # noqa: S704 (segno's own shapes; the address is not in them as text)
        style=Markup(style),  # noqa: S704 (the theme's own style sheet)
    )
