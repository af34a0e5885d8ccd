"""Observations from C4C's answers to reads. Pure; a missing answer gives no observation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from attachment_lab.probe.edm import AttachmentNav, Edm, EdmUnreadable, read_edm
from attachment_lab.probe.exchange import ExchangeLog, ProbeExchange
from attachment_lab.probe.readings.observations import Observation, accepted, holds, status_of
from attachment_lab.probe.requests.c4c import LOOKUPS, SERVICES

#: What the recorded $metadata allows on the attachments' set.
_RECORDED_RIGHTS = ("creatable", "updatable", "deletable")


def access(log: ExchangeLog) -> Iterator[Observation]:
    """Login, services, addresses."""
    anonymous, first = log.get("c4c.anonymous"), log.get("c4c.service.chatactivity")
    if anonymous is not None:
        challenged = anonymous.status == 401 and "basic" in anonymous.headers.get("www-authenticate", "").lower()
        yield holds("c4c.basic-auth", challenged, anonymous, detail=f"without credentials: {anonymous.status}")
    if first is not None and first.ok:
        yield from status_of(log, "c4c.unticked", "c4c.unticked_service_status", (403, 404))
        yield from status_of(log, "c4c.no_slash", "c4c.root_without_slash", (200, 404))
    catalog = log.get("c4c.catalog")
    if catalog is not None and catalog.status != 403:
        yield holds("c4c.catalog", bool(catalog.rows), catalog, detail=f"answered {catalog.status}")


def metadata(log: ExchangeLog) -> Iterator[Observation]:
    """``$metadata`` of the services that answered."""
    read = {service: edm_of(log, service) for service in SERVICES}
    known = {service: edm for service, edm in read.items() if edm is not None}
    answers = [answer for service in known if (answer := log.good(f"c4c.metadata.{service}")) is not None]
    if not answers:
        return
    nav = known["chatactivity"].attachment_nav("ChatActivityCollection") if "chatactivity" in known else None
    yield _shape_of(known, nav, answers)
    labelled = any(p.label for edm in known.values() for kind in edm.types.values() for p in kind.properties.values())
    labels = tuple(answer.label for answer in answers)
    yield Observation(id="c4c.metadata_labels", value="always" if labelled else "on_request", seen_in=labels)
    if nav is not None:
        yield from _attachment_annotations(nav)


def _shape_of(known: Mapping[str, Edm], nav: AttachmentNav | None, answers: list[ProbeExchange]) -> Observation:
    """Namespaces, and the rights of the attachments' set and UUID."""
    odd = [f"namespace {edm.namespace} in {service}" for service, edm in known.items() if edm.namespace != service]
    if nav is not None:
        odd += [f"the attachments' set is not {right}" for right in _RECORDED_RIGHTS if right not in nav.set_rights]
        uuid = nav.properties.get("UUID")
        odd += ["UUID may be null"] if uuid is not None and uuid.nullable else []
    detail = "; ".join(odd) or "namespaces, rights of the attachments' set, UUID as recorded"
    return holds("c4c.metadata-shape", not odd, *answers, detail=detail)


def _attachment_annotations(nav: AttachmentNav) -> Iterator[Observation]:
    """A create shows more than an annotation, so rules on writes take precedence."""
    seen_in = ("c4c.metadata.chatactivity",)
    title, parent = nav.properties.get("Title"), nav.properties["ParentObjectID"]
    creatable = title is not None and title.creatable
    yield Observation(id="c4c.attachment_title_creatable", value=creatable, seen_in=seen_in, detail="by annotation")
    yield Observation(
        id="c4c.parent_object_id_creatable", value=parent.creatable, seen_in=seen_in, detail="by annotation"
    )
    yield Observation(id="c4c.attachment_back_navigation", value=bool(nav.back_navigations), seen_in=seen_in)
    if not creatable:
        yield Observation(id="service.c4c.key_field", value="Name", seen_in=seen_in, detail="Title cannot be set")


def edm_of(log: ExchangeLog, service: str) -> Edm | None:
    """The service's model, None if it was not read."""
    answer = log.good(f"c4c.metadata.{service}")
    try:
        return read_edm(answer.body) if answer is not None else None
    except EdmUnreadable:
        return None


def outbound(log: ExchangeLog) -> Iterator[Observation]:
    """Whether a lookup finds the activity of the outbound chat that was named."""
    asked = [a for p in LOOKUPS if (a := log.good(f"c4c.outbound.{p.label}")) is not None]
    if asked:
        found = any(each.rows for each in asked)
        detail = "" if found else "no lookup finds it: it has no reference, or there is no activity"
        labels = tuple(each.label for each in asked)
        yield Observation(
            id="c4c.outbound_reference", value="stored" if found else "none", seen_in=labels, detail=detail
        )


def where_the_reference_is(log: ExchangeLog) -> Iterator[Observation]:
    """Which lookup finds the contact's activity."""
    found = [p for p in LOOKUPS if (a := log.good(f"c4c.lookup.{p.label}")) is not None and a.rows]
    if not found:
        return
    lookup = found[0]
    label = f"c4c.lookup.{lookup.label}"
    if lookup.label == "social":
        yield Observation(id="c4c.message_channel_target", value="social", seen_in=(label,))
    else:
        field = "GroupwareItemID" if lookup.field == "GroupwareItemID" else "BTDReference"
        yield Observation(id="c4c.reference_kept_in", value=field, seen_in=(label,))
    yield Observation(
        id="service.c4c.lookups", value=_lookups(lookup.label), seen_in=(label,), detail=f"found by {label}"
    )
    lower = log.good("c4c.lookup.lower_case")
    if lower is not None:
        yield Observation(id="c4c.string_eq_ignores_case", value=bool(lower.rows), seen_in=(lower.label,))


def _lookups(found: str) -> list[dict[str, str]]:
    """The service's lookups; one that is not among its defaults comes first."""
    usual = [lookup for lookup in LOOKUPS if lookup.label != "groupware"]
    extra = [lookup for lookup in LOOKUPS if lookup.label == found and lookup not in usual]
    return [
        {"service": p.service, "set": p.set, "field": p.field, "parent": p.parent, "activity_set": p.activity_set}
        for p in (*extra, *usual)
    ]


def entities(log: ExchangeLog) -> Iterator[Observation]:
    """One activity in all requested forms."""
    plain, strict = log.good("c4c.activity"), log.good("c4c.activity.strict")
    if plain is not None:
        yield holds("c4c.quirk-a", isinstance(plain.data.get("results"), dict), plain)
        yield from _values(plain)
    if strict is not None:
        yield holds("c4c.quirk-c", "__metadata" in strict.data, strict)
    yield from _expands(log)
    bare = log.good("c4c.activity.no_codes")
    if bare is not None and plain is not None and _texts(plain):
        yield holds("c4c.no-codedescs", not _texts(bare), bare)
    gzip = log.good("c4c.activity.gzip")
    if gzip is not None:
        packed = gzip.headers.get("content-encoding", "") == "gzip"
        yield Observation(id="c4c.gzip_replies", value=packed, seen_in=(gzip.label,))
    atom = log.good("c4c.activity.atom")
    if atom is not None and b"properties" in atom.body:
        yield Observation(id="c4c.atom_property_types", value=b"m:type=" in atom.body, seen_in=(atom.label,))
    unchanged = log.get("c4c.activity.unchanged")
    if unchanged is not None and unchanged.status in {200, 304}:
        yield Observation(id="c4c.conditional_reads", value=unchanged.status == 304, seen_in=(unchanged.label,))


def _values(plain: ProbeExchange) -> Iterator[Observation]:
    etag = plain.headers.get("etag", "")
    about = plain.entity.get("__metadata")
    inner = about if isinstance(about, dict) else {}
    same = etag.startswith("W/\"datetimeoffset'") and inner.get("etag") == etag
    yield holds("c4c.etag", same, plain, detail="weak, of a time, the same in header and body")
    scheme = str(inner.get("uri", "")).partition(":")[0]
    if scheme in {"http", "https"}:
        yield Observation(id="c4c.link_scheme", value=scheme, seen_in=(plain.label,))
    if b"/Date(" in plain.body:
        yield Observation(id="c4c.escape_date_slashes", value=b'"\\/Date(' in plain.body, seen_in=(plain.label,))


def _expands(log: ExchangeLog) -> Iterator[Observation]:
    expanded = log.good("c4c.activity.expand")
    many = [v for v in expanded.entity.values() if isinstance(v, list) or _is_wrapped(v)] if expanded else []
    if expanded is not None and many:
        yield holds("c4c.quirk-b", all(isinstance(value, list) for value in many), expanded)


def _is_wrapped(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("results"), list)


def _texts(answer: ProbeExchange) -> list[str]:
    """Members that describe a code: ``StatusCode`` and ``StatusCodeText`` side by side."""
    return [name for name in answer.entity if name.endswith("Text") and len(name) > len("Text")]


def files(log: ExchangeLog) -> Iterator[Observation]:
    """Compares the list's entry of a file with its bytes."""
    listed, value = log.good("c4c.attachments"), log.good("c4c.attachment.value")
    if listed is None or value is None:
        return
    sizes = [row["SizeInkB"] for row in listed.rows if row.get("ObjectID") and row.get("SizeInkB")]
    length = value.headers.get("content-length", "")
    size_bytes = int(length) if length.isdigit() else (None if value.cut else value.size_bytes)
    said = _decimal(sizes[0]) if sizes else None
    if said is None or not size_bytes:
        return
    in_bytes = said == size_bytes
    detail = "SizeInkB holds " + ("bytes" if in_bytes else "neither bytes nor kilobytes")
    if not in_bytes and round(float(said), 2) == round(size_bytes / 1024, 2):
        detail = "SizeInkB holds kilobytes"
    yield holds("c4c.size-is-bytes", in_bytes, listed, value, detail=detail)
    yield Observation(
        id="service.c4c.size_field_holds_bytes", value=in_bytes, seen_in=(listed.label, value.label), detail=detail
    )


def _decimal(value: object) -> Decimal | None:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def feeds(log: ExchangeLog) -> Iterator[Observation]:
    """Paging, search, filters."""
    page = log.good("c4c.page")
    count = str(page.data.get("__count", "")) if page is not None else ""
    if page is not None and count.isdigit() and 0 < len(page.rows) < int(count):
        yield Observation(id="c4c.page_size", value=len(page.rows), seen_in=(page.label,), detail=f"{count} in all")
        yield Observation(id="c4c.json_next_link", value="__next" in page.data, seen_in=(page.label,))
    plain, quoted = log.good("c4c.search"), log.get("c4c.search.quoted")
    if plain is not None and quoted is not None and plain.rows and quoted.status in {200, 400}:
        taken = "dropped" if len(quoted.rows) == len(plain.rows) else "literal"
        value = taken if quoted.ok else "refused"
        yield Observation(id="c4c.search_double_quotes", value=value, seen_in=(plain.label, quoted.label))
    yield from _expanded_page(log)
    yield from _words(log)
    yield from _filters(log)


def _expanded_page(log: ExchangeLog) -> Iterator[Observation]:
    page = log.good("c4c.page.expand")
    count = str(page.data.get("__count", "")) if page is not None else ""
    if page is not None and count.isdigit() and 0 < len(page.rows) < int(count):
        linked = "with" if "__next" in page.data else "without"
        detail = f"{count} in all, {linked} a next link"
        yield Observation(id="c4c.expand_page_size", value=len(page.rows), seen_in=(page.label,), detail=detail)


def _words(log: ExchangeLog) -> Iterator[Observation]:
    """A search finds whole words, parts with a wildcard, and takes single quotes."""
    labels = ("c4c.search", "c4c.search.single", "c4c.search.wildcard", "c4c.search.part")
    answers = [answer for label in labels if (answer := log.good(label)) is not None]
    if len(answers) < len(labels) or not answers[0].rows:
        return
    plain, single, wildcard, part = ({str(row.get("ObjectID")) for row in answer.rows} for answer in answers)
    whole = plain <= wildcard and not plain & part and single == plain
    yield holds("c4c.search", whole, *answers, detail="whole words, * for parts, single quotes or none")


def _filters(log: ExchangeLog) -> Iterator[Observation]:
    switches = {
        "c4c.filter.substringof": "c4c.filter_substringof",
        "c4c.filter.or": "c4c.filter_or_across_properties",
        "c4c.filter.not": "c4c.filter_not",
        "c4c.filter.not_filterable": "c4c.filter_on_not_filterable",
    }
    for label, id_ in switches.items():
        yield from accepted(log, label, id_, refused=(400, 501))
    function = log.get("c4c.filter.function")
    if function is not None and (function.ok or function.status in {400, 501}):
        yield holds("c4c.filter-grammar", not function.ok, function, detail=f"length() answered {function.status}")


def errors(log: ExchangeLog) -> Iterator[Observation]:
    """The form of an error."""
    refused = log.get("c4c.unknown_key")
    document = refused.json() if refused is not None else None
    error = document.get("error") if isinstance(document, dict) else None
    if refused is not None and refused.status >= 400 and isinstance(error, dict):
        detail = f"an unknown key is answered {refused.status}"
        yield holds("c4c.empty-error-code", error.get("code") == "", refused, detail=detail)
        yield Observation(id="c4c.error_innererror", value="innererror" in error, seen_in=(refused.label,))
    version = log.get("c4c.version")
    if version is not None and refused is not None and (version.status, refused.status) != (404, 400):
        yield holds("c4c.version", version.status == 400, version, detail=f"version 3.0 is answered {version.status}")


def tokens(log: ExchangeLog) -> Iterator[Observation]:
    """Where CSRF tokens are returned, and with which cookies."""
    yield from _cookies(log)
    yield from status_of(log, "c4c.csrf.head", "c4c.head_fetch_on_navigation", (200, 500))
    refused = log.get("c4c.csrf.batch")
    if refused is not None and refused.status >= 400:
        given = refused.headers.get("x-csrf-token", "").lower() not in {"", "required"}
        yield Observation(id="c4c.csrf_token_on_errors", value=given, seen_in=(refused.label,))


def _cookies(log: ExchangeLog) -> Iterator[Observation]:
    """A session's cookie beside the token's, or the token's alone. Names are the tenant's: only their kind is read."""
    fetched = log.good("c4c.csrf.fetch")
    token = fetched.headers.get("x-csrf-token", "").lower() if fetched is not None else ""
    if fetched is None or token in {"", "required", "fetch"}:
        return
    cookies = fetched.headers.get("set-cookie", "").lower()
    if "sap_sessionid" in cookies or "xsrf" in cookies:
        form = "session" if "sap_sessionid" in cookies else "stateless"
        yield Observation(id="c4c.csrf_form", value=form, seen_in=(fetched.label,))


def passwords(log: ExchangeLog) -> Iterator[Observation]:
    """One wrong password, then the right one."""
    wrong, after = log.get("c4c.wrong_password"), log.get("c4c.after_wrong_password")
    if wrong is not None and after is not None and after.status == 401:
        yield Observation(id="c4c.lockout_after", value=1, seen_in=(wrong.label, after.label))


READS = (
    access,
    metadata,
    where_the_reference_is,
    outbound,
    entities,
    files,
    feeds,
    errors,
    tokens,
    passwords,
)
