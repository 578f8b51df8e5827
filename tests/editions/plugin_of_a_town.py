"""A Pelican plugin as a town writes one: it adds to articles, and rewrites what was written."""

from pathlib import Path

from pelican import signals

heard: list[str] = []


def register() -> None:
    """Listen, as Pelican asks of a plugin."""
    signals.initialized.connect(on_start)
    signals.content_object_init.connect(on_article)
    signals.content_written.connect(on_page)
    signals.feed_generated.connect(on_feed)
    signals.feed_written.connect(on_feed_written)
    signals.finalized.connect(on_end)


def on_start(_pelican: object) -> None:
    """Once a renderer."""
    heard.append("initialized")


def on_article(content: object) -> None:
    """Once for each time an article is drawn: its text is not final yet."""
    heard.append(f"article {content.slug}")  # type: ignore[attr-defined]  # Pelican ships no types
    content._content += "<p>Bonne lecture.</p>"  # type: ignore[attr-defined]  # as above


def on_page(path: str, context: dict[str, object]) -> None:
    """Once a page, which is on the disk to be read and written again."""
    heard.append(f"page {context['output_file']}")
    page = Path(path)
    page.write_text(page.read_text(encoding="utf-8") + "<!-- relu -->\n", encoding="utf-8")


def on_feed(_context: dict[str, object], feed: object) -> None:
    """Once a feed, before it has its text."""
    heard.append(f"feed {len(feed.items)}")  # type: ignore[attr-defined]  # as above


def on_feed_written(path: str, **_said: object) -> None:
    """Once a feed, which is on the disk as a page is."""
    heard.append(f"feed written {Path(path).name}")


def on_end(_pelican: object) -> None:
    """Once an edition."""
    heard.append("finalized")
