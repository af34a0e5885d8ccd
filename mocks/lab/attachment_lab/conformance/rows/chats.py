"""Rows about chats and their events: what is carried, and that it is carried once."""

from __future__ import annotations

from attachment_lab.conformance import checks as see
from attachment_lab.conformance.model import Row
from attachment_lab.conformance.row_run import FILES, RowRun

GROUP = "chats and events"
_UPLOAD = "Chat attachment upload, Configuration: the files of the chat are uploaded to its activity"
_REPEATS = "Event-driven integrations, Configuring, Events; all legs of a conversation share one group id"
NINE = ("Received", "Queued", "Allocated", "Accepted", "Rejected", "Transferred", "Forwarded", "Ended", "Closed")
#: More than 25 MB, which is beyond the limits of many gateways and of one buffer in memory.
BIG_BYTES = 26_000_000
_HISTORY_LATE_S = 4


def _one_chat(run: RowRun) -> None:
    run.ended()
    run.settle()


def _two_chats(run: RowRun) -> None:
    first, second = run.chat(), run.chat([("second.txt", b"of the second chat\n" * 20), FILES[0]])
    for chat in (first, second):
        chat.end()
    run.settle()


def _same_name(run: RowRun) -> None:
    photos = [("image.jpg", b"\xff\xd8\xff\xe0" + bytes([number]) * 3000) for number in range(3)]
    run.ended(photos)
    run.settle()


def _same_file(run: RowRun) -> None:
    run.ended([FILES[0], FILES[0], FILES[2]])
    run.settle()


def _names(run: RowRun) -> None:
    text = b"a text\n" * 30
    names = ("Überweisung März.txt", "請求書.txt", "a 100% 'quoted' & odd #1.txt")
    run.ended([(name, text + name.encode()) for name in names])
    run.settle()


def _empty(run: RowRun) -> None:
    run.ended([("empty.txt", b""), FILES[2]])
    run.settle()


def _no_files(run: RowRun) -> None:
    run.ended([])
    run.settle()


def _big(run: RowRun) -> None:
    piece = bytes(range(256)) * 4096
    content = b"%PDF-1.7\n" + (piece * (BIG_BYTES // len(piece) + 1))[:BIG_BYTES]
    run.ended([("manual.pdf", content), FILES[2]])
    run.settle()


def _nine_events(run: RowRun) -> None:
    chat = run.chat()
    for event in NINE[:7]:
        chat.fire(event)
    run.wait_delivered()
    run.wait_for_requests("cmi", len(NINE[:7]))
    chat.end()
    run.wait_for_files(len(FILES))
    chat.wrap_up()
    run.settle()


def _ended_and_closed(run: RowRun) -> None:
    chat = run.ended()
    run.wait_for_files(len(FILES))
    chat.wrap_up()
    run.settle()


def _twice(run: RowRun) -> None:
    run.ended()
    run.wait_for_files(len(FILES))
    run.redeliver()
    run.settle()


def _five_at_once(run: RowRun) -> None:
    run.ended()
    run.wait_for_files(len(FILES))
    run.redeliver(copies=4, together=True)
    run.settle()


def _much_later(run: RowRun) -> None:
    run.ended()
    run.settle()
    run.redeliver()
    run.settle()


def _reordered(run: RowRun) -> None:
    chat = run.chat()
    chat.end(fire=False)
    chat.wrap_up()
    run.wait_for_files(len(FILES))
    chat.fire("Ended")
    run.settle()


def _early(run: RowRun) -> None:
    chat = run.chat(FILES[:2])
    chat.fire("Ended")
    run.wait_delivered()
    run.wait_for_requests("cmi", 1)
    chat.add_leg()
    chat.accept()
    chat.send(FILES[2])
    chat.end()
    run.settle()


def _history_late(run: RowRun) -> None:
    run.switch("cmi", history_delay_s=_HISTORY_LATE_S)
    run.ended()
    run.settle()


def _event_lost(run: RowRun) -> None:
    chat = run.chat()
    run.fault("delivery", "status", params={"status": 503})
    chat.end()
    run.wait_delivered()
    run.redeliver()
    run.settle()


ROWS: tuple[Row, ...] = (
    Row(
        id="one-chat",
        group=GROUP,
        title="The files of a chat arrive",
        rule="Every file of the chat is stored once in the chat's activity, complete, under its name.",
        source=_UPLOAD,
        why="It is what the service is for.",
        rests_on=("cmi:chat_shape", "c4c:cti-reference", "orchestration:edi.upload_event"),
        play=_one_chat,
        checks=(see.accepted, see.stored(3)),
    ),
    Row(
        id="two-chats",
        group=GROUP,
        title="Two chats at once keep their files apart",
        rule="Each file is stored in the activity of its own chat.",
        source=_UPLOAD,
        why="A customer's papers in another customer's record are a data breach.",
        rests_on=("c4c:cti-reference",),
        play=_two_chats,
        checks=(see.accepted, see.stored(5)),
    ),
    Row(
        id="same-name",
        group=GROUP,
        title="Three photos of one name all arrive",
        rule="Files of equal names and other bytes are stored each; any distinct name that keeps the rules passes.",
        source=_UPLOAD,
        why="Telephones call every photo image.jpg.",
        play=_same_name,
        checks=(see.stored(3),),
    ),
    Row(
        id="same-file",
        group=GROUP,
        title="A file that the customer sends twice arrives twice",
        rule="One object for each attachment of the chat, even if two have the same name and bytes.",
        source=_UPLOAD,
        why="A service that recognises files by their content alone leaves one out, and cannot know which was meant.",
        play=_same_file,
        checks=(see.stored(3),),
    ),
    Row(
        id="names",
        group=GROUP,
        title="Names in other scripts and with odd characters survive",
        rule="Name and type in C4C are the customer's, through the documented rules of naming.",
        source=_UPLOAD,
        why="A name that is cut or garbled hides the file from those who search for it.",
        play=_names,
        checks=(see.stored(3),),
    ),
    Row(
        id="empty-file",
        group=GROUP,
        title="A file of no bytes is carried",
        rule="An empty file is a file: it is stored, and the files after it too.",
        source=_UPLOAD,
        why="A zero size is taken for a failed download, and the whole chat fails.",
        rests_on=("c4c:empty_binary",),
        play=_empty,
        checks=(see.stored(2),),
    ),
    Row(
        id="no-files",
        group=GROUP,
        title="A chat without files is accepted, and nothing is stored",
        rule="The event of a chat without attachments is answered 2xx, and C4C holds nothing for it.",
        source=_UPLOAD,
        why="Most chats have no files: each would be an error in Contact Pro's log.",
        play=_no_files,
        checks=(see.accepted, see.stored(0)),
    ),
    Row(
        id="big-file",
        group=GROUP,
        title="A file of 26 MB arrives",
        rule="A file of 26 MB is stored complete, and the event is answered within ten seconds.",
        source="Event-driven integrations, Request configuration: timeout, default 10 seconds",
        why="A service that answers after the transfer runs into the timeout, and Contact Pro reports a failure.",
        rests_on=("orchestration:default_timeout_s", "c4c:max_attachment_bytes", "cmi:gateway_payload_bytes"),
        play=_big,
        checks=(see.accepted, see.stored(2)),
    ),
    Row(
        id="nine-events",
        group=GROUP,
        title="An integration with all nine events stores each file once",
        rule="Events before the chat's end find no history yet; Ended and Closed together store each file once.",
        source=_REPEATS,
        why="One tick too many in the form, and every file would be in the CRM twice.",
        rests_on=("orchestration:edi.events", "orchestration:edi.upload_event", "cmi:history_visible_at"),
        events=NINE,
        play=_nine_events,
        checks=(see.deliveries(9), see.accepted, see.stored(3)),
    ),
    Row(
        id="ended-and-closed",
        group=GROUP,
        title="Ended, then Closed, stores each file once",
        rule="A second event of a chat stores nothing that is stored already.",
        source="Chat attachment upload, Configuration, Event: Ended or Closed",
        why="The documentation offers both events: customers tick both.",
        rests_on=("orchestration:edi.upload_event", "orchestration:edi.legs"),
        events=("Ended", "Closed"),
        play=_ended_and_closed,
        checks=(see.deliveries(2), see.accepted, see.stored(3)),
    ),
    Row(
        id="closed-before-ended",
        group=GROUP,
        title="Closed before Ended stores each file once",
        rule="The order in which the events of a chat arrive makes no difference.",
        source=_REPEATS,
        why="Deliveries do not wait for each other: a slow one is overtaken.",
        rests_on=("orchestration:wait_for_answer",),
        events=("Ended", "Closed"),
        play=_reordered,
        checks=(see.deliveries(2), see.accepted, see.stored(3)),
    ),
    Row(
        id="event-twice",
        group=GROUP,
        title="An event that is delivered twice stores each file once",
        rule="A repeated delivery is acknowledged and stores nothing twice.",
        source=_REPEATS,
        why="A sender that misses an answer sends again.",
        rests_on=("orchestration:retries",),
        play=_twice,
        checks=(see.deliveries(2), see.accepted, see.stored(3)),
    ),
    Row(
        id="events-race",
        group=GROUP,
        title="Four deliveries at the same moment store each file once",
        rule="Deliveries of one chat that race each other store nothing twice.",
        source=_REPEATS,
        why="A check of what is stored already, made by two at once, finds nothing in both.",
        rests_on=("orchestration:edi.redelivery",),
        play=_five_at_once,
        checks=(see.deliveries(5), see.accepted, see.stored(3)),
    ),
    Row(
        id="event-late-again",
        group=GROUP,
        title="A delivery that is repeated after the end stores nothing",
        rule="A chat that is stored stays as it is, however late a repeat comes.",
        source="Event-driven integrations, Debugging: an administrator sends a delivery again from the event log",
        why="An administrator presses a button to be sure, and doubles every file.",
        rests_on=("orchestration:edi.redelivery",),
        play=_much_later,
        checks=(see.deliveries(2), see.accepted, see.stored(3)),
    ),
    Row(
        id="event-early",
        group=GROUP,
        title="An event before the chat's end loses nothing",
        rule="CMI knows no history while the chat lasts; the event of its real end carries every file, once.",
        source=_REPEATS,
        why="A chat that is handed to a colleague ends on one leg and goes on on another.",
        rests_on=("cmi:history_visible_at", "cmi:unknown_chat", "orchestration:edi.legs"),
        play=_early,
        checks=(see.deliveries(2), see.accepted, see.stored(3)),
    ),
    Row(
        id="history-late",
        group=GROUP,
        title="A history that CMI shows some seconds later is waited for",
        rule="404 for a chat that has just ended is tried again; the files are stored without another event.",
        source="not documented when the history can be read; the wait is a precaution",
        why="The event and the archive are two systems: the event may be the faster one.",
        rests_on=("cmi:history_delay_s", "cmi:unknown_chat"),
        play=_history_late,
        checks=(see.accepted, see.stored(3)),
    ),
    Row(
        id="event-lost",
        group=GROUP,
        title="An event that was lost is made good by a redelivery",
        rule="A redelivery of an event that never arrived stores each file once.",
        source="Event-driven integrations, Debugging: an administrator sends a delivery again from the event log",
        why="The endpoint is away for a moment: what it missed must be possible to repeat.",
        rests_on=("orchestration:edi.redelivery", "orchestration:edi.one_attempt"),
        play=_event_lost,
        checks=(see.fault_applied(), see.stored(3)),
    ),
)
