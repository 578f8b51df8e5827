"""How our cookies are kept and forgotten: for the whole site, out of reach of scripts, Lax."""

from flask import Response


def keep_cookie(
    response: Response, cookie: str, value: str, *, seconds: int, public_url: str
) -> None:
    """Have the browser keep *value* for *seconds*; behind https, over https only."""
    response.set_cookie(
        cookie,
        value,
        max_age=seconds,
        path="/",
        secure=_is_secure(public_url),
        httponly=True,
        samesite="Lax",
    )


def forget_cookie(response: Response, cookie: str, *, public_url: str) -> None:
    """Have the browser forget *cookie*."""
    response.delete_cookie(
        cookie, path="/", secure=_is_secure(public_url), httponly=True, samesite="Lax"
    )


def _is_secure(public_url: str) -> bool:
    return public_url.startswith("https://")
