"""Every kind's form, by the kind's name. A new kind has its line here."""

from types import MappingProxyType
from typing import Final

from publisher.authoring import photo_form, programme_form, reminder_form

FORMS: Final = MappingProxyType(
    {form.name: form for form in (photo_form.FORM, reminder_form.FORM, programme_form.FORM)}
)
