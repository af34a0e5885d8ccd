"""One tenant's switches as typed members: what the model and the wire read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from cmi_mock.evidence import DIALECT


@dataclass(frozen=True, kw_only=True)
class CmiRules:
    """One tenant's switches; the members are the tables of ``dialect.toml``, where each is explained."""

    chat_shape: Literal["A", "B", "C", "D"]
    chat_id_is: Literal["guid", "guid_or_leg"]
    leg_messages: Literal["own", "cumulative"]
    consult_messages: Literal["listed", "hidden"]
    attachment_url: Literal["relative", "absolute", "rich_content", "pre_signed"]
    attachment_url_name: Literal["none", "hash", "blank", "percent"]
    attachment_url_signed: Literal["no", "each_reading"]
    attachment_size_listed: bool
    listed_size: Literal["right", "smaller", "larger", "zero", "text"]
    attachment_type_listed: bool
    attachment_id_listed: bool
    chat_document_is: Literal["document", "sign_in_page"]
    chat_messages_are: Literal["list", "object", "text", "null", "absent"]
    duplicate_member: Literal["none", "attachments"]
    attachments_nesting: int
    lists_hold_messages: bool
    default_limit: int
    history_visible_at: Literal["end", "wrap_up"]
    history_delay_s: float
    unknown_chat: Literal["404", "empty_200"]
    no_right: Literal["403", "filtered"]
    error_body: Literal["json_message", "text"]
    xml_form: Literal["elements", "attributes", "none"]
    post_accept: Literal["any", "text/html"]
    location_form: Literal["absolute", "relative"]
    auth_mode: Literal["key_and_basic", "basic", "none"]
    lock_after_failures: int
    lock_minutes: float
    password_min_length: int
    password_letters: Literal["latin_alphabet", "any_latin"]
    password_lives_days: float
    initial_password_must_change: bool
    locked_status: int
    basic_charset: Literal["either", "utf-8", "latin-1"]
    length_known: bool
    download_answer: Literal["bytes", "redirect"]
    signed_base: str
    signed_lives_s: float
    signed_expired_status: int
    ranges: bool
    region: Literal["eu-c1", "na-w2", "au-s2"]
    rich_content_base: str
    rich_content_retention_h: float
    rich_content_gone_status: int
    outgoing_max_mb: int
    outgoing_allowed_types: str
    channel_limits: Literal["off", "on"]
    web_chat_files: bool
    eu_links: Literal["off", "outgoing", "both"]
    post_chats: Literal["stored", "refused"]
    contacts_show: Literal["all", "ended"]
    contact_data_form: Literal["object", "pairs"]
    extra_data_in_statistics: list[str]
    contact_data_refused_status: int
    emails_show: Literal["all", "handled"]
    messages_form: Literal["nested", "flat"]
    gateway_payload_bytes: int
    gateway_payload_status: int
    gateway_timeout_s: float
    gateway_backend_bytes_per_s: float
    gateway_rate_per_s: float
    gateway_burst: int
    gateway_quota: int
    gateway_quota_period: Literal["day", "week", "month"]


def read_rules(overrides: Mapping[str, Any] | None) -> CmiRules:
    """The defaults with a tenant's own values. Raises Problem for an unknown switch or a bad value."""
    values = DIALECT.completed(overrides)
    return CmiRules(**{field.name: values[field.name] for field in fields(CmiRules)})
