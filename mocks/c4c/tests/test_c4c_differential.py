"""Filter, order and pages against a second implementation: SQLite over the same rows, queries made by hypothesis.

The SQL is written from the documented meaning of each query, not from the mock's code.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import pytest
from c4c_caller import TenantClient
from hypothesis import given, settings
from hypothesis import strategies as st

QUERIES = int(os.environ.get("DIFFERENTIAL_QUERIES", "200"))
DECIDED = settings(derandomize=True, database=None, deadline=None, max_examples=QUERIES)
SET = "/chatactivity/ChatActivityCollection"
PAGE = 7
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

TEXTS = ["", "a", "A", "ab", "abc", "b", "it's", "50%", "x_y", "[z]", "?", "ä", "a b", "zz"]
MOMENTS = [datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=h) for h in range(6)]
DAYS = [datetime(2020, 1, day, tzinfo=UTC) for day in range(1, 5)]
GUIDS = [f"0000000{n}-AAAA-BBBB-CCCC-DDDDDDDDDDDD" for n in range(4)]
HUNDREDTHS = [0, 25, 1250, 9999]
OPERATORS = {"eq": "IS", "ne": "IS NOT", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}


TenantAndTable: TypeAlias = tuple[TenantClient, sqlite3.Connection]


@dataclass(frozen=True)
class Column:
    """How one property is written in JSON, in a URI and in SQL."""

    name: str
    values: list[Any]
    to_json: Callable[[Any], Any]
    to_uri: Callable[[Any], str]
    to_sql: Callable[[Any], Any]
    nullable: bool = True


def quoted(text: str) -> str:
    """A string literal."""
    return "'" + text.replace("'", "''") + "'"


def stamp(moment: datetime) -> str:
    """ISO without zone."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


def ticks(moment: datetime) -> int:
    """Milliseconds."""
    return int((moment - EPOCH).total_seconds() * 1000)


def plain(value: Any) -> Any:
    """As it is."""
    return value


COLUMNS = [
    Column("SubjectName", TEXTS, plain, quoted, plain, nullable=False),
    Column("ExternalName", TEXTS, plain, quoted, plain, nullable=False),
    Column("BouncedIndicator", [True, False], plain, lambda v: str(v).lower(), int, nullable=False),
    Column("CompletionPercent", HUNDREDTHS, lambda v: f"{v / 100:.2f}", lambda v: f"{v / 100}M", plain, nullable=False),
    Column(
        "ActualStartDateTime", MOMENTS, lambda m: f"/Date({ticks(m)})/", lambda m: f"datetimeoffset'{stamp(m)}Z'", ticks
    ),
    Column("ScheduledStartDate", DAYS, lambda d: f"/Date({ticks(d)})/", lambda d: f"datetime'{stamp(d)}'", ticks),
    Column("ActivityWorklistItemUUID", GUIDS, plain, lambda g: f"guid'{g.lower()}'", plain),
]
NAMES = [column.name for column in COLUMNS]


def rows() -> Iterator[list[Any]]:
    """Sixty rows; every value of every column turns up, and so does null where it can."""
    for number in range(60):
        chosen = ([*c.values, None] if c.nullable else c.values for c in COLUMNS)
        yield [values[(number + number // len(values) * place) % len(values)] for place, values in enumerate(chosen)]


@pytest.fixture(scope="module")
def both(shared_tenant: TenantClient) -> TenantAndTable:
    """The tenant and a table with the same rows."""
    shared_tenant.dialect(page_size=PAGE, top_page_size=PAGE)
    database = sqlite3.connect(":memory:")
    database.execute(f"CREATE TABLE chat (seq INTEGER PRIMARY KEY, id TEXT, {', '.join(NAMES)})")
    seeds = []
    for number, row in enumerate(rows()):
        pairs = list(zip(COLUMNS, row, strict=True))
        values = {c.name: None if v is None else c.to_json(v) for c, v in pairs}
        seeds.append({"set": "ChatActivityCollection", "values": {**values, "ObjectID": f"ROW{number:02d}"}})
        stored = [None if v is None else c.to_sql(v) for c, v in pairs]
        marks = ",".join("?" * len(stored))
        database.execute(f"INSERT INTO chat VALUES (?,?,{marks})", [number, f"ROW{number:02d}", *stored])
    assert shared_tenant.control("seed", {"rows": seeds}).status_code == 201
    return shared_tenant, database


@dataclass(frozen=True)
class Condition:
    """One condition twice: for the mock and for SQLite."""

    uri: str
    sql: str
    arguments: tuple[Any, ...] = ()


def compare(column: Column, operator: str, value: Any) -> Condition:
    """``Property operator literal``."""
    if value is None:
        return Condition(f"{column.name} {operator} null", f"{column.name} {OPERATORS[operator]} NULL")
    uri = f"{column.name} {operator} {column.to_uri(value)}"
    return Condition(uri, f"{column.name} {OPERATORS[operator]} ?", (column.to_sql(value),))


def wildcard(column: Column, operator: str, pattern: str) -> Condition:
    """``eq`` or ``ne`` with asterisks."""
    glob = "".join({"?": "[?]", "[": "[[]", "*": "*"}.get(c, c) for c in pattern)
    negation = "NOT " if operator == "ne" else ""
    return Condition(f"{column.name} {operator} {quoted(pattern)}", f"{column.name} {negation}GLOB ?", (glob,))


def starts(column: Column, function: str, text: str) -> Condition:
    """``startswith`` and ``endswith``."""
    if function == "startswith":
        sql = f"substr({column.name}, 1, {len(text)}) = ?"
    else:
        long_enough = f"length({column.name}) >= {len(text)}"
        sql = f"({long_enough} AND substr({column.name}, -{len(text)}) = ?)" if text else "? = ''"
    return Condition(f"{function}({column.name},{quoted(text)})", sql, (text,))


TEXT_COLUMNS = [c for c in COLUMNS if c.values is TEXTS]
PATTERNS = ["*", "a*a", "*b*b*", "z*z", "a*", "*b", "*b*", "a*c", "**", "*'*", "[*", "?*", "*%"]


@st.composite
def leaves(draw: st.DrawFn, column: Column) -> Condition:
    """A condition on one column."""
    kind = draw(st.sampled_from(["compare", "wildcard", "function"] if column.values is TEXTS else ["compare"]))
    if kind == "wildcard":
        return wildcard(column, draw(st.sampled_from(["eq", "ne"])), draw(st.sampled_from(PATTERNS)))
    if kind == "function":
        return starts(column, draw(st.sampled_from(["startswith", "endswith"])), draw(st.sampled_from(TEXTS)))
    operators = ["eq", "ne"] if column.name == "BouncedIndicator" else list(OPERATORS)
    value = draw(st.sampled_from([*column.values, None] if column.nullable else column.values))
    operator = draw(st.sampled_from(["eq", "ne"] if value is None else operators))
    return compare(column, operator, value)


def joined(parts: Sequence[Condition], word: str) -> Condition:
    """Parts joined by ``and`` or ``or``."""
    arguments = tuple(a for part in parts for a in part.arguments)
    uri, sql = (f" {word} ".join(texts) for texts in ([p.uri for p in parts], [f"({p.sql})" for p in parts]))
    return Condition(uri, sql.replace(f" {word} ", f" {word.upper()} "), arguments)


@st.composite
def alternatives(draw: st.DrawFn) -> Condition:
    """``or`` over one column, in parentheses."""
    column = draw(st.sampled_from(COLUMNS))
    inside = joined(draw(st.lists(leaves(column), min_size=1, max_size=3)), "or")
    return Condition(f"({inside.uri})", f"({inside.sql})", inside.arguments)


@st.composite
def filters(draw: st.DrawFn) -> Condition:
    """Alternatives joined by ``and``; sometimes none."""
    parts = draw(st.lists(alternatives(), max_size=3))
    return joined(parts, "and") if parts else Condition("", "1")


ORDERS = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(["", " asc", " desc"])), max_size=3)
NUMBERS = st.one_of(st.none(), st.integers(0, 70))


def read_all(tenant: TenantClient, options: dict[str, Any]) -> tuple[list[str], str | None]:
    """ObjectIDs page by page along the next links; the count of the first page."""
    answer = tenant.get(SET, query_string=options)
    ids, count = [], None
    while True:
        assert answer.status_code == 200, (options, answer.text)
        document = answer.get_json()["d"]
        count = document.get("__count", count)
        assert len(document["results"]) <= PAGE
        ids += [row["ObjectID"] for row in document["results"]]
        if "__next" not in document:
            return ids, count
        answer = tenant.get(document["__next"].partition("/sap/c4c/odata/v1")[2])


@given(condition=filters(), order=ORDERS, top=NUMBERS, skip=NUMBERS)
@DECIDED
def test_every_query_selects_orders_and_pages_as_sqlite_does(
    both: TenantAndTable, condition: Condition, order: list[tuple[str, str]], top: int | None, skip: int | None
) -> None:
    tenant, database = both
    options: dict[str, Any] = {"$select": "ObjectID", "$inlinecount": "allpages", "$filter": condition.uri}
    options |= {"$orderby": ",".join(name + way for name, way in order), "$top": top, "$skip": skip}
    options = {name: value for name, value in options.items() if value not in {None, ""}}
    ids, count = read_all(tenant, options)
    ways = [f"{name}{way}" for name, way in order]
    select = f"SELECT id FROM chat WHERE {condition.sql} ORDER BY {', '.join([*ways, 'seq'])}"
    everything = [row[0] for row in database.execute(select, condition.arguments)]
    start = skip or 0
    assert ids == everything[start : None if top is None else start + top], options
    assert count == str(len(everything))
    counted = {name: options[name] for name in options if name == "$filter"}
    assert tenant.get(f"{SET}/$count", query_string=counted).text == count


@pytest.mark.parametrize("operator", ["eq", "ne"])
@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_wildcard_selects_as_sqlite_does(both: TenantAndTable, pattern: str, operator: str) -> None:
    tenant, database = both
    condition = wildcard(TEXT_COLUMNS[0], operator, pattern)
    ids, _ = read_all(tenant, {"$select": "ObjectID", "$filter": condition.uri})
    select = f"SELECT id FROM chat WHERE {condition.sql} ORDER BY seq"
    assert ids == [row[0] for row in database.execute(select, condition.arguments)]


def test_the_rows_are_varied_enough_to_tell_implementations_apart(both: TenantAndTable) -> None:
    _, database = both
    for column in COLUMNS:
        distinct = database.execute(f"SELECT count(DISTINCT ifnull({column.name}, 'null')) FROM chat").fetchone()[0]
        assert distinct == len(column.values) + column.nullable, column.name
