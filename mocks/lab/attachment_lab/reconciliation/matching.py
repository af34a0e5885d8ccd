"""Which C4C object is which source file: by what can be seen from outside, not by the service's report. Pure.

Passes, the surest first; each takes files and objects that the earlier ones left:

| pass | activity | content | name                    | the object is                                      |
|------|----------|---------|-------------------------|----------------------------------------------------|
| 1    | the chat's | equal | permitted               | the file; of several, the one that the service names |
| 2    | the chat's | equal | any                     | the file under a wrong name                        |
| 3    | the chat's | other | any, the service names it | the file, changed                                |
| 4    | the chat's | other | permitted               | the file, changed                                  |
| 5    | another  | equal   | permitted, then any     | the file in the wrong activity                     |
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from attachment_lab.reconciliation.naming import comparable, last_part, objection_to_name
from attachment_lab.reconciliation.records import C4cFile, ChainRecords, SourceFile
from attachment_lab.tenant.service_api import AttachmentRecord

#: The service creates these itself from the chat's messages; CMI lists no such attachment.
TRANSCRIPT = "transcript:"
Fits = Callable[[SourceFile, C4cFile], bool]
Candidates = Callable[[SourceFile], Iterator[C4cFile]]


@dataclass(frozen=True, kw_only=True)
class MatchedFile:
    """A source file, the object that is it, and what the service says of it.

    Attributes:
        theirs: None = C4C has no such object.
        mine: None = the service does not name it, or its view is not visible.
    """

    source: SourceFile
    theirs: C4cFile | None = None
    mine: AttachmentRecord | None = None

    @property
    def is_equal(self) -> bool:
        """Whether C4C holds the customer's bytes."""
        return self.theirs is not None and self.source.equals(self.theirs)

    @property
    def is_at_home(self) -> bool:
        """Whether the object is in the activity of the file's chat."""
        return self.theirs is not None and self.theirs.external_reference in {self.source.chat, None}


@dataclass(frozen=True, kw_only=True)
class Matches:
    """All source files, each with its object, and the objects that are no file's."""

    files: tuple[MatchedFile, ...] = ()
    extra: tuple[C4cFile, ...] = ()
    by_source: dict[str, MatchedFile] = field(default_factory=dict)

    def original_of(self, extra: C4cFile) -> MatchedFile | None:
        """The file of which an extra object in the same activity is a second copy."""
        alike = [each for each in self.files if each.is_at_home and each.source.equals(extra)]
        here = [each for each in alike if each.source.chat == extra.external_reference or not extra.external_reference]
        return next((each for each in here if _same_name(each, extra)), next(iter(here), None))


def match(records: ChainRecords) -> Matches:
    """Match the objects of the technical user, of all chats; files and objects beyond ``records``' chats included."""
    return _Matching(records).run()


class _Matching:
    def __init__(self, records: ChainRecords) -> None:
        self._sources = [*records.sources, *records.other_sources]
        self._claims = {mine.source_id: mine for each in records.known_transfers for mine in each.attachments}
        self._claimed = {mine.object_id for mine in self._claims.values()}
        made = {mine.object_id or "" for name, mine in self._claims.items() if name.startswith(TRANSCRIPT)}
        technical = {None, records.technical_user}
        every = (*records.objects, *records.other_objects)
        self._free = {each.object_id: each for each in every if each.created_by in technical}
        for object_id in made & set(self._free):
            del self._free[object_id]
        self._by_content: dict[tuple[int, str], list[C4cFile]] = defaultdict(list)
        self._by_chat: dict[str | None, list[C4cFile]] = defaultdict(list)
        for each in self._free.values():
            self._by_content[each.size_bytes, each.sha256].append(each)
            self._by_chat[each.external_reference].append(each)
        self._found: dict[str, C4cFile] = {}

    def run(self) -> Matches:
        equal, at_home = self._equal, self._at_home
        passes: tuple[tuple[Candidates, Fits], ...] = (
            (equal, lambda s, o: _at_home(s, o) and self._claims_it(s, o)),
            (equal, lambda s, o: _at_home(s, o) and _exact(s, o) and o.object_id not in self._claimed),
            (equal, lambda s, o: _at_home(s, o) and _exact(s, o)),
            (equal, lambda s, o: _at_home(s, o) and _permitted(s, o)),
            (equal, _at_home),
            (at_home, self._claims_it),
            (at_home, _exact),
            (at_home, _permitted),
            (equal, self._claims_it),
            (equal, _permitted),
            (equal, lambda *_: True),
        )
        for candidates, fits in passes:
            for source in self._sources:
                if source.id not in self._found:
                    self._take(source, candidates(source), fits)
        files = tuple(
            MatchedFile(source=each, theirs=self._found.get(each.id), mine=self._claims.get(each.id))
            for each in self._sources
        )
        return Matches(
            files=files, extra=tuple(self._free.values()), by_source={each.source.id: each for each in files}
        )

    def _equal(self, source: SourceFile) -> Iterator[C4cFile]:
        return (each for each in self._by_content[source.size_bytes, source.sha256] if each.object_id in self._free)

    def _at_home(self, source: SourceFile) -> Iterator[C4cFile]:
        homes = (*self._by_chat[source.chat], *self._by_chat[None])
        return (each for each in homes if each.object_id in self._free)

    def _take(self, source: SourceFile, candidates: Iterable[C4cFile], fits: Fits) -> None:
        found = next((each for each in candidates if fits(source, each)), None)
        if found is not None:
            self._found[source.id] = self._free.pop(found.object_id)

    def _claims_it(self, source: SourceFile, theirs: C4cFile) -> bool:
        mine = self._claims.get(source.id)
        return mine is not None and mine.object_id == theirs.object_id


def misplaced_from(extra: C4cFile, sources: Iterable[SourceFile]) -> SourceFile | None:
    """The file of another chat whose bytes an object has; the one with its name if there are several."""
    alike = [each for each in sources if each.equals(extra) and each.chat != extra.external_reference]
    return next((each for each in alike if _permitted(each, extra)), next(iter(alike), None))


def _at_home(source: SourceFile, theirs: C4cFile) -> bool:
    return theirs.external_reference in {source.chat, None}


def _exact(source: SourceFile, theirs: C4cFile) -> bool:
    return comparable(last_part(source.name)) == comparable(theirs.name)


def _permitted(source: SourceFile, theirs: C4cFile) -> bool:
    return objection_to_name(source.name, theirs.name) is None


def _same_name(each: MatchedFile, extra: C4cFile) -> bool:
    return each.theirs is not None and comparable(each.theirs.name) == comparable(extra.name)
