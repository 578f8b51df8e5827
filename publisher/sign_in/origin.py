"""Origins, as browsers compare them."""

from urllib.parse import urlsplit


def origin_of(url: str) -> str:
    """Scheme, host and port of *url*, in lower case."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
