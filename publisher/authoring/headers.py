"""What every answer of the team's app carries, so that a browser trusts nothing else."""

from flask import Response

from publisher.model.town import Town

_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
    "form-action 'self'{sources}"
)
"""`blob:` for the thumbnail of a photo that is still leaving the phone. Signing out is a form
that goes on to the ENT, and browsers hold such a redirect to `form-action`."""


def protect(response: Response, town: Town) -> Response:
    """Give *response* the headers of the house; pages are kept by nobody."""
    headers = response.headers
    sources = sorted({source.origin for source in town.sign_in})
    headers["Content-Security-Policy"] = _POLICY.format(
        sources="".join(f" {source}" for source in sources)
    )
    headers["Referrer-Policy"] = "same-origin"
    headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "geolocation=(), microphone=(), payment=()"
    if "Cache-Control" not in headers:
        headers["Cache-Control"] = "no-store"
    return response
