"""A small instance to test with: a town, its keys, its centres, as files."""

import stat
from pathlib import Path

TOWN = """\
name = "Valmont-sur-Rive"
department = "Direction de la jeunesse"
timezone = "Europe/Paris"
language = "fr"
public_url = "{public_url}"

[contact]
address = "1 place de la Mairie, 92999 Valmont-sur-Rive"
phone = "01 99 00 10 00"
mail = "jeunesse@valmont.example"

[legal]
publication_director = "La maire de Valmont-sur-Rive"
host_name = "Ville de Valmont-sur-Rive"
host_address = "1 place de la Mairie"
host_phone = "01 99 00 10 00"
host_country = "France"
data_protection_mail = "donnees@valmont.example"
accessibility_state = "non"
accessibility_mail = "acces@valmont.example"
accessibility_declared_on = 2026-09-01
charter_version = 1

[[sign_in]]
name = "demo"
label = "ENT de démonstration"
method = "oidc"
discovery_url = "{ent_url}/.well-known/openid-configuration"
client_id = "preau"
demo = true
"""

CENTRE = """\
name = "{name}"
school_zone = "C"
moments = ["matin", "midi", "soir", "mercredi", "vacances"]
sign_in = ["demo"]

[contact]
address = "12 rue du Parc, 92999 Valmont-sur-Rive"
phone = "01 99 00 10 01"
mail = "{slug}@valmont.example"

[hours]
midi = "11 h 30 – 13 h 30"

{schools}
[[groups]]
slug = "petits"
name = "Petits"
ages = "3-5"
levels = ["PS", "MS", "GS"]

[[groups]]
slug = "moyens"
name = "Moyens"
ages = "6-8"
levels = ["CP", "CE1"]

[[groups]]
slug = "grands"
name = "Grands"
ages = "9-11"
levels = ["CE2", "CM1", "CM2"]
"""

CENTRES = {
    "les-tilleuls": (
        "Les Tilleuls",
        {"0920001B": "École Jacques-Prévert", "0920002C": "École maternelle Jacques-Prévert"},
    ),
    "la-grande-ourse": ("La Grande Ourse", {"0310001H": "École Louise-Michel"}),
}

KEYS = ("gate.key", "authoring.key", "pseudonym.key")


def make_instance(
    folder: Path,
    *,
    public_url: str = "http://127.0.0.1:8000",
    ent_url: str = "http://127.0.0.1:8001",
    port: int = 8000,
) -> Path:
    """Make an instance of two centres, with keys of its own, in *folder*."""
    centres = folder / "centres"
    centres.mkdir(parents=True)
    (folder / "content").mkdir()
    (centres / "town.toml").write_text(
        TOWN.format(public_url=public_url, ent_url=ent_url), encoding="utf-8"
    )
    for slug, (name, schools) in CENTRES.items():
        tables = "".join(
            f'[[schools]]\nuai = "{uai}"\nname = "{school}"\n\n' for uai, school in schools.items()
        )
        (centres / f"{slug}.toml").write_text(
            CENTRE.format(name=name, slug=slug, schools=tables), encoding="utf-8"
        )
    keys = folder / "keys"
    keys.mkdir()
    for name in KEYS:
        (keys / name).write_text(f"{folder.name}-{name}-".ljust(48, "k") + "\n", encoding="ascii")
        (keys / name).chmod(stat.S_IRUSR | stat.S_IWUSR)
    secret = keys / "client-demo.secret"
    secret.write_text("demo-secret", encoding="ascii")
    secret.chmod(stat.S_IRUSR | stat.S_IWUSR)
    (folder / "settings.toml").write_text(f"port = {port}\n", encoding="utf-8")
    return folder
