"""The photos that stand for what phones send."""

import io
from pathlib import Path

import pillow_heif
import pytest
from PIL import ExifTags, Image, ImageCms

from publisher.demo.phone_photos import (
    MAKER,
    MODEL,
    PHONE_SIZE_PX,
    display_p3_profile,
    make_phone_photos,
    phone_photo,
)

GPS, ORIENTATION, THUMBNAIL = 0x8825, 0x0112, 0x0201


@pytest.mark.parametrize("orientation", [1, 6, 8])
def test_a_phone_photo_carries_everything_that_must_not_survive(orientation: int) -> None:
    """Maker, model, orientation, position and a thumbnail are in its EXIF, as other tools read it."""
    raw = phone_photo(upright=Image.new("RGB", (400, 300)), orientation=orientation, heic=False)
    image = Image.open(io.BytesIO(raw))
    exif = image.getexif()
    assert (exif[0x010F], exif[0x0110]) == (MAKER, MODEL)
    assert exif[ORIENTATION] == orientation
    assert exif.get_ifd(GPS)[2] == (0.0, 0.0, 0.0)
    thumbnail_at = exif.get_ifd(ExifTags.IFD.IFD1)[THUMBNAIL]
    whole = image.info["exif"][6:]
    assert whole[thumbnail_at : thumbnail_at + 2] == b"\xff\xd8"
    assert "xmp" in image.info
    assert "comment" in image.info


def test_a_heic_keeps_its_rotation_apart_from_its_pixels() -> None:
    """A HEIC is stored turned and says so, as phones do; its library shows it upright."""
    raw = phone_photo(upright=Image.new("RGB", (400, 300)), orientation=6, heic=True)
    assert b"irot" in raw
    assert MAKER.encode() in raw
    assert pillow_heif.open_heif(raw).size == (400, 300)


def test_a_folder_of_phone_photos_is_what_was_asked(tmp_path: Path) -> None:
    """Twelve megapixels, JPEG and HEIC, the same bytes each time."""
    paths = make_phone_photos(tmp_path / "one", 3)
    assert [path.suffix for path in paths] == [".JPG", ".JPG", ".HEIC"]
    pillow_heif.register_heif_opener()
    for path in paths:
        with Image.open(path) as image:
            assert sorted(image.size, reverse=True) == list(PHONE_SIZE_PX)
    again = make_phone_photos(tmp_path / "other", 1)
    assert again[0].read_bytes() == paths[0].read_bytes()


def test_the_display_p3_profile_is_one() -> None:
    """Colour management reads it, with its primaries."""
    profile = ImageCms.ImageCmsProfile(io.BytesIO(display_p3_profile()))
    assert profile.profile.xcolor_space.strip() == "RGB"
    red = profile.profile.red_primary
    assert red is not None
    assert red[1] == pytest.approx((0.680, 0.320, red[1][2]), abs=0.006)
