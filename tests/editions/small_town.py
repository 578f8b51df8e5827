"""A small town with real photos on disk, and its rendered site: what the editions are tested on."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path

from PIL import Image

from publisher.editions.plan import plan_of
from publisher.editions.render import render_site
from publisher.model.edition import CentreContent, Plan
from publisher.model.moment import Moment
from publisher.model.photo import MASTER, Photo, Rendition
from publisher.model.post import PhotoInArticle, Post, Programme, Slot
from publisher.model.town import Contact, Legal, Town
from tests.posts import CENTRE, NOW, PARIS, PHOTO_IDS, article, programme, reminder

THEME = Path(__file__).parents[2] / "themes" / "preau"

TOWN = Town(
    name="Valmont-sur-Rive",
    department="Direction de la jeunesse",
    contact=Contact(
        address="1 place de la Mairie", phone="01 99 00 00 00", mail="jeunesse@valmont.example"
    ),
    timezone=PARIS,
    language="fr",
    public_url="https://preau.valmont.example",
    legal=Legal(
        publication_director="la maire de Valmont",
        host_name="Hébergeur du Quai",
        host_address="2 rue du Quai",
        host_phone="03 99 00 00 01",
        host_country="France",
        data_protection_mail="dpo@valmont.example",
        accessibility_state="non",
        accessibility_mail="acces@valmont.example",
        accessibility_declared_on=date(2026, 9, 1),
        charter_version=1,
    ),
    sign_in=(),
    centres=(CENTRE,),
)


def draw_photos(root: Path, ids: Iterable[str] = PHOTO_IDS) -> Mapping[str, Photo]:
    """Draw one real photo an id below the content's *root*; every third one is upright."""
    photos = {}
    for number, photo_id in enumerate(ids):
        folder = root / CENTRE.slug / "photos" / photo_id
        folder.mkdir(parents=True)
        upright = number % 3 == 2
        renditions = []
        for width in (48, 108):
            size = (width, width * 4 // 3) if upright else (width, width * 3 // 4)
            target = BytesIO()
            Image.new("RGB", size, (40 * number % 256, 120, 90)).save(target, "JPEG")
            name = f"{width}0.jpg"
            (folder / name).write_bytes(target.getvalue())
            renditions.append(Rendition(name=name, width_px=size[0], height_px=size[1]))
        master = replace(renditions[-1], name=MASTER)
        photos[photo_id] = Photo(id=photo_id, master=master, renditions=tuple(renditions))
    return photos


def all_kinds_of_posts() -> tuple[Post, ...]:
    """Posts that fill every kind of page: long and short, for all and for groups, odd and plain."""
    day = timedelta(days=1)
    whole = replace(
        article("foret", photos=PHOTO_IDS),
        title="La forêt <d'automne> & « le renard »",
        text="# Trois mercredis\n\nVoir [le programme](programmes/semaine.html).\n\n- un\n- deux",
        photos=(
            PhotoInArticle(id=PHOTO_IDS[0], caption='Un "renard" <rouge>'),
            PhotoInArticle(id=PHOTO_IDS[1], caption=None),
            *(PhotoInArticle(id=one, caption=f"Vue {one[0]}") for one in PHOTO_IDS[2:]),
        ),
    )
    week = replace(
        programme("semaine"),
        slots=(
            Slot(day=date(2026, 11, 16), moment=Moment.MORNING, group=None, title="Jeux calmes"),
            Slot(day=date(2026, 11, 16), moment=Moment.EVENING, group="petits", title="Contes"),
            Slot(day=date(2026, 11, 16), moment=Moment.EVENING, group="grands", title="Échecs"),
            Slot(
                day=date(2026, 11, 18),
                moment=Moment.WEDNESDAY,
                group="moyens",
                title="Piscine",
                time="9 h 15",
                place="Les Bords de Rive",
                bring="maillot",
            ),
        ),
    )
    return (
        whole,
        replace(
            article("soir", photos=PHOTO_IDS[2:3], published_at=NOW - day), moment=Moment.EVENING
        ),
        article("rentree", photos=PHOTO_IDS[:1], published_at=NOW - 80 * day),
        article("ete", photos=PHOTO_IDS[:2], published_at=NOW - 100 * day),
        replace(
            article("potager", groups=("moyens",)), text="Un [ancien](articles/ete.html) jour."
        ),
        reminder("maillot"),
        replace(
            reminder("doudou", groups=("petits",)),
            day=NOW.date(),
            text="Voir [le programme](https://preau.valmont.example/les-tilleuls/programmes/).",
        ),
        replace(reminder("fete"), day=date(2026, 11, 27)),
        replace(reminder("depuis"), day=date(2026, 11, 16)),
        week,
        Programme(
            publication=replace(week.publication, slug="avant"),
            title="Les vacances",
            starts_on=date(2026, 10, 19),
            ends_on=date(2026, 10, 30),
            slots=(
                Slot(day=date(2026, 10, 19), moment=Moment.HOLIDAYS, group=None, title="Forêt"),
            ),
            text="## À prévoir\n\nDes bottes.",
        ),
        programme("groupe", groups=("grands",)),
    )


class SmallTown:
    """A content folder, and the sites rendered from it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "content"
        self.photos = draw_photos(self.root)
        self._folder = folder
        self._made = 0

    def plan(self, posts: tuple[Post, ...], now: datetime = NOW) -> Plan:
        """The plan of *posts*, with every photo there is."""
        return plan_of(CentreContent(centre=CENTRE, posts=posts, photos=self.photos), now)

    def render(
        self, plan: Plan, theme: Path = THEME, language: str = "fr", town: Town = TOWN
    ) -> Path:
        """Render *plan* into a new folder."""
        self._made += 1
        stage = self._folder / f"stage-{self._made}"
        stage.mkdir()
        render_site(plan, town, stage, theme, self.root, language)
        return stage


def files_of(site: Path) -> dict[str, bytes]:
    """Every file of *site*, by path."""
    return {
        path.relative_to(site).as_posix(): path.read_bytes()
        for path in sorted(site.rglob("*"))
        if path.is_file()
    }


def pages_of(files: Mapping[str, bytes]) -> dict[str, str]:
    """The HTML pages among *files*."""
    return {path: raw.decode() for path, raw in files.items() if path.endswith(".html")}
