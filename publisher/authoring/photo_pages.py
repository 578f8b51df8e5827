"""One photo at a time: its bytes come in as they are, and go out as the safe copies only."""

from flask import Flask, Response, g, request, send_file
from werkzeug.exceptions import RequestEntityTooLarge

from publisher.authoring.office import Office
from publisher.authoring.visit import NotYours, Visit
from publisher.content.photos import keep_photo, photo_file, read_photo
from publisher.language import translations_for
from publisher.model.mistake import in_french as _
from publisher.photos.prepare import MAX_BYTES, RefusedPhoto, new_photo_id, prepare_photo

UPLOAD = "upload"

_TOO_HEAVY = _("Cette photo pèse plus de {limit} Mo. Choisissez-en une plus légère.")


def add(app: Flask, office: Office) -> None:
    """Give *app* the upload of a photo, and its thumbnails."""

    @app.post("/equipe/<slug>/photos", endpoint=UPLOAD)
    def _upload(slug: str) -> tuple[dict[str, object], int]:
        """Take one photo, the body of the request: 201 with its id once it is on the disk."""
        visit: Visit = g.visit
        centre = visit.centre(slug)
        request.max_content_length = MAX_BYTES
        translate = translations_for(visit.town.language).gettext
        try:
            raw = request.get_data(cache=False, parse_form_data=False)
        except RequestEntityTooLarge:
            limit = MAX_BYTES // 1_000_000
            return {"message": translate(_TOO_HEAVY).format(limit=limit)}, 413
        photo_id = new_photo_id()
        prepared = prepare_photo(raw, photo_id)
        if isinstance(prepared, RefusedPhoto):
            return {"message": prepared.mistake.sentence(translate)}, 422
        keep_photo(office.content, centre.slug, prepared.photo, prepared.files)
        smallest = prepared.photo.renditions[0]
        return {
            "id": photo_id,
            "width": smallest.width_px,
            "height": smallest.height_px,
            "thumbnail": f"/equipe/{centre.slug}/photos/{photo_id}/{smallest.name}",
        }, 201

    @app.get("/equipe/<slug>/photos/<photo_id>/<rendition>", endpoint="photo")
    def _photo(slug: str, photo_id: str, rendition: str) -> Response:
        visit: Visit = g.visit
        centre = visit.centre(slug)
        photo = read_photo(office.content, centre.slug, photo_id)
        if photo is None or rendition not in {one.name for one in photo.renditions}:
            raise NotYours(rendition)
        response = send_file(
            photo_file(office.content, centre.slug, photo_id, rendition),
            mimetype="image/jpeg",
            conditional=True,
        )
        response.headers["Cache-Control"] = "private, no-cache"
        return response
