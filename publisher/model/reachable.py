"""How to reach somebody: phones, mails and addresses of the web in a sentence become links. Pure."""

import re
from collections.abc import Callable

from markupsafe import Markup

from publisher.model.town import Centre, Town

DEFENDER_PHONE = "09 69 39 00 00"
"""The Défenseur des droits, who hears what a town did not answer about accessibility."""
_PHONE_BREAKS = re.compile(r"[^\d+]")


def phone_link(phone: str) -> str:
    """`tel:+33199000000` for `01 99 00 00 00`."""
    digits = _PHONE_BREAKS.sub("", phone)
    return f"tel:+33{digits[1:]}" if digits.startswith("0") else f"tel:{digits}"


def reachable(town: Town, centre: Centre | None) -> Callable[[str], Markup]:
    """How a sentence becomes HTML, the phones, mails and addresses it says as links."""
    contact, legal = town.contact if centre is None else centre.contact, town.legal
    links: dict[str, str] = {
        phone: phone_link(phone)
        for phone in (contact.phone, town.contact.phone, legal.host_phone, DEFENDER_PHONE)
    }
    for mail in (
        contact.mail,
        town.contact.mail,
        legal.data_protection_mail,
        legal.accessibility_mail,
    ):
        links[mail] = f"mailto:{mail}"
    known = sorted((re.escape(one) for one in links if one), key=len, reverse=True)
    parts = re.compile("(" + "|".join([*known, r"https?://[^\s,]*[^\s,.]"]) + ")")

    def linked(text: str) -> Markup:
        return Markup("").join(
            Markup('<a href="{}">{}</a>').format(links.get(piece, piece), piece)
            if number % 2
            else piece
            for number, piece in enumerate(parts.split(text))
        )

    return linked
