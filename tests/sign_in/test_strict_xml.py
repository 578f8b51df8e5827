"""XML that means one thing only, and what is written of it again."""

from pathlib import Path

import pytest

from publisher.sign_in.strict_xml import MAX_DEPTH, NotStrictXml, read_strictly, written

WIRE = Path(__file__).parent / "wire"


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "ExpatError"),
        (b"<a>", "ExpatError"),
        (b"<a/><b/>", "ExpatError"),
        (b"<p:a/>", "ExpatError"),
        (b'<a b="1" b="2"/>', "ExpatError"),
        (b'<a xmlns:p="u" xmlns:q="u" p:x="1" q:x="2"/>', "ExpatError"),
        (b'<?xml version="1.0" encoding="autre"?><a/>', "LookupError"),
        (b"<!DOCTYPE a><a/>", "DTDForbidden"),
        (b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>', "DTDForbidden"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/hostname"><a/>', "DTDForbidden"),
        (b"<a>b<!-- c -->d</a>", "a comment"),
        (b"<a/><!-- c -->", "beside the root"),
        (b"<?a b?><a/>", "beside the root"),
        (b"<a>b<?c d?></a>", "an instruction"),
        (b"<a><![CDATA[b]]></a>", "a CDATA section"),
        (b"<a>" * (MAX_DEPTH + 2) + b"</a>" * (MAX_DEPTH + 2), "too deep"),
        (b"<a>" * 5_000 + b"</a>" * 5_000, "too deep"),
        (b'<a ID="1"><b ID="1"/></a>', "one identifier twice"),
        (b'<a ID="1"><b Id="1"/></a>', "one identifier twice"),
        (b'<a id="1"><b><c xml:id="1"/></b></a>', "one identifier twice"),
        (b'<a xmlns:p="u" p:ID="1" id="1"/>', "one identifier twice"),
        (b"<a>" + b" " * 65_536 + b"</a>", "too long"),
    ],
    ids=lambda told: str(told)[:40],
)
def test_what_means_two_things_is_refused(raw: bytes, why: str) -> None:
    """What readers disagree about, or what costs more than it says, is not read."""
    with pytest.raises(NotStrictXml, match=why):
        read_strictly(raw, 65_536)


def test_what_is_read_is_told_by_its_full_names() -> None:
    """Namespaces count, prefixes do not; texts are whole, whatever stands between them."""
    root = read_strictly(
        b'<p:a xmlns:p="u" xmlns="v" x="1" p:x="2">t&amp;<b xmlns=""/><c>&#233;</c>u</p:a>', 1_000
    )
    assert root.name == "{u}a"
    assert root.attributes == {"x": "1", "{u}x": "2"}
    assert [one.name for one in root.elements] == ["b", "{v}c"]
    assert root.text == "t&u"
    assert [one.name for one in root.everything()] == ["{u}a", "b", "{v}c"]
    assert root.all_named("{v}c")[0].text == "é"


@pytest.mark.parametrize(
    "raw",
    [
        "<a/>",
        '<p:a xmlns:p="u" xmlns="v"><b xmlns=""><c xmlns="v" p:d="e"/></b><q:f xmlns:q="w"/></p:a>',
        '<a b="&quot;&lt;&gt;&amp;&#9;&#10;&#13;&apos;">&lt;&gt;&amp;&#13;\n\t"</a>',
        '<a xml:lang="fr">été 🎨</a>',
    ],
)
def test_what_is_written_is_what_was_read(raw: str) -> None:
    """Names, prefixes, attributes and texts come out as they went in, wherever they stood."""
    root = read_strictly(raw.encode(), 1_000)
    assert read_strictly(written(root), 1_000) == root
    for element in root.everything():
        assert read_strictly(written(element), 1_000) == element
    utf16 = f'<?xml version="1.0" encoding="utf-16"?>{raw}'.encode("utf-16")
    assert read_strictly(utf16, 2_000) == root


@pytest.mark.parametrize("name", ["saml-pupil", "saml-metadata", "cas-teacher"])
def test_a_real_message_is_written_as_it_was_read(name: str) -> None:
    """What providers send survives, element by element."""
    root = read_strictly((WIRE / f"lemonldap-{name}.xml").read_bytes(), 100_000)
    for element in root.everything():
        assert read_strictly(written(element), 100_000) == element


def test_comments_of_our_own_files_are_dropped() -> None:
    """In a file of the town's they say nothing; instructions are refused all the same."""
    raw = b"<!-- a --><a>b<!-- c -->d<e><!-- f --></e></a><!-- g -->"
    root = read_strictly(raw, 1_000, drops_comments=True)
    assert root.text == "bd"
    assert not root.elements[0].inside
    with pytest.raises(NotStrictXml):
        read_strictly(b"<a><?b c?></a>", 1_000, drops_comments=True)


def test_an_element_is_put_in_the_place_of_another() -> None:
    """The very one, not its equal."""
    root = read_strictly(b"<a>x<b/><b/></a>", 1_000)
    first, second = root.elements
    changed = root.with_instead(second, read_strictly(b"<c/>", 1_000))
    assert first == second
    assert written(changed) == b"<a>x<b></b><c></c></a>"
