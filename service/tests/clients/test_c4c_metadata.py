"""Attachment navigations are discovered from $metadata, whatever their names."""

from __future__ import annotations

import pytest
from fake_metadata import metadata

from attachment_transfer.clients.c4c.metadata import AttachmentNavigation, attachment_navigation
from attachment_transfer.core.errors import UnexpectedAnswer

BOMB = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<edmx>&b;</edmx>"""
OUTSIDE = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY secret SYSTEM "file:///etc/passwd">]><edmx>&secret;</edmx>"""


@pytest.mark.parametrize(
    ("parent", "navigation", "target", "attachment_set", "namespace"),
    [
        ("ChatActivity", "ChatActivityAttachment", "ChatActivityAttachment", "ChatActivityAttachmentCollection", "c4c"),
        ("PhoneCall", "PhoneCallAttachmentFolder", "PhoneCallAttachmentFolder", "PhoneCallAttachmentFolders", "p.q.r"),
        ("SocialMediaActivity", "Attachments", "SocialMediaAttachment", "SocialMediaAttachmentCollection", "s"),
        ("Ticket", "nav1", "type.of.other"[-5:], "set1", "http_c4c_odata"),
    ],
)
def test_the_navigation_is_found_by_its_shape(
    parent: str, navigation: str, target: str, attachment_set: str, namespace: str
) -> None:
    xml = metadata(
        parent=parent,
        navigation=navigation,
        target=target,
        attachment_set=attachment_set,
        namespace=namespace,
    )
    found = attachment_navigation(xml, f"{parent}Collection")
    assert (found.navigation, found.entity_set) == (navigation, attachment_set)
    assert {"Binary", "Name", "Title", "MimeType", "SizeInkB", "ObjectID"} <= found.properties


@pytest.mark.parametrize(("annotation", "creatable"), [(True, True), (False, False), (None, True)])
def test_a_title_is_creatable_unless_the_annotation_says_no(annotation: bool | None, creatable: bool) -> None:
    found = attachment_navigation(metadata(title_creatable=annotation), "ChatActivityCollection")
    assert ("Title" in found.creatable) is creatable
    assert "SizeInkB" not in found.creatable


def test_another_set_of_the_same_document_is_not_mistaken_for_it() -> None:
    with pytest.raises(UnexpectedAnswer, match="no entity set PhoneCallCollection"):
        attachment_navigation(metadata(), "PhoneCallCollection")


def test_a_parent_without_the_navigation_is_told() -> None:
    with pytest.raises(UnexpectedAnswer, match="no attachment navigation under ChatActivityCollection"):
        attachment_navigation(metadata(with_navigation=False), "ChatActivityCollection")


def test_a_navigation_to_something_without_bytes_is_not_an_attachment() -> None:
    xml = metadata(properties=("ParentObjectID", "Name", "CategoryCode"))
    with pytest.raises(UnexpectedAnswer, match="no attachment navigation"):
        attachment_navigation(xml, "ChatActivityCollection")


def test_attachments_without_a_set_of_their_own_are_told_before_anything_is_posted() -> None:
    with pytest.raises(UnexpectedAnswer, match="no entity set for"):
        attachment_navigation(metadata(attachment_set=""), "ChatActivityCollection")


@pytest.mark.parametrize("garbage", [b"", b"<html>", b"not xml", b"{}", b"\xff\xfe", b"<a/>" * 3, BOMB, OUTSIDE])
def test_garbage_and_bombs_are_an_unexpected_answer(garbage: bytes) -> None:
    with pytest.raises(UnexpectedAnswer, match="not the XML it should be"):
        attachment_navigation(garbage, "ChatActivityCollection")


def test_other_xml_is_an_unexpected_answer() -> None:
    with pytest.raises(UnexpectedAnswer, match="no entity set"):
        attachment_navigation(b"<service/>", "ChatActivityCollection")


def test_what_is_found_can_be_remembered() -> None:
    first = attachment_navigation(metadata(), "ChatActivityCollection")
    assert first == attachment_navigation(metadata(), "ChatActivityCollection")
    assert isinstance(hash(first), int)
    assert isinstance(first, AttachmentNavigation)
