"""Who may start what, and whose credentials go where."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator

from attachment_lab.reconciliation.content_change import CMI_TO_SERVICE, SERVICE_TO_C4C
from attachment_lab.reconciliation.invariants.matched import CONTACT_PRO_TO_SERVICE, MatchedRecords
from attachment_lab.reconciliation.records import DeliveryRecord, Violation
from attachment_lab.reconciliation.traffic import NEIGHBOURS, CredentialRecord

#: After a 401 the same credential is not tried again for this long: the lockout counts failed logins.
#: Contact Pro's password policy locks a user after a few (documented); C4C's threshold is assumed.
CREDENTIAL_PARK_S = 1_800.0
#: Kinds of tokens that every receiver must refuse (RFC 7519, 7.2 and 4.1; RFC 9068, 4).
REFUSED_TOKENS = {
    "token_expired": "an expired token",
    "token_not_yet_valid": "a token that is not valid yet",
    "token_without_expiry": "a token without an expiry",
    "token_of_other_issuer": "a token of another issuer",
    "token_for_other_audience": "a token for another audience",
    "token_of_other_scope": "a token of another scope",
    "token_without_scope": "a token without a scope",
    "token_signed_by_other_key": "a token signed by another key",
    "token_of_unknown_key": "a token of an unknown key",
    "token_unsigned": "an unsigned token",
    "token_signed_with_public_key": "a token signed with the public key as a secret",
    "token_tampered": "a token whose claims were changed after signing",
    "token_garbled": "a token that is none",
}
_HOPS = {"cmi": CMI_TO_SERVICE, "c4c": SERVICE_TO_C4C}
_REFUSED = {401, 403}
_REFUSE = "Check signature, issuer, audience, expiry and scope of each token before the body is read, and answer 401."


def bad_tokens_start_nothing(matched: MatchedRecords) -> Iterator[Violation]:
    """A token that must be refused is, and an event that was refused starts nothing."""
    by_chat: dict[str, list[DeliveryRecord]] = defaultdict(list)
    for each in matched.records.deliveries:
        by_chat[each.chat or ""].append(each)
        what = REFUSED_TOKENS.get(each.token_flaw or "")
        if what and each.state == "delivered":
            fact = f"event {each.event} came with {what} and was answered {each.status}, not 401"
            yield _tokens(each.chat, CONTACT_PRO_TO_SERVICE, fact)
    for chat, deliveries in by_chat.items():
        if chat and all(each.status in _REFUSED for each in deliveries):
            yield from _started_all_the_same(chat, deliveries[-1], matched)


def _started_all_the_same(chat: str, refused: DeliveryRecord, matched: MatchedRecords) -> Iterator[Violation]:
    said = f"event {refused.event} was refused with {refused.status}"
    request = next((each for each in matched.records.requests if each.chat == chat), None)
    if request is not None:
        fact = f"{said}, yet the service asked {NEIGHBOURS[request.mock]} for this chat ({request.name})"
        yield _tokens(chat, _HOPS[request.mock], fact)
    stored = [each for each in matched.records.objects if each.external_reference == chat]
    ours = [each for each in stored if each.created_by in {None, matched.records.technical_user}]
    if ours:
        yield _tokens(chat, SERVICE_TO_C4C, f"{said}, yet C4C holds object {ours[0].object_id} in its activity")


def _tokens(chat: str | None, hop: str, fact: str) -> Violation:
    return Violation(invariant="tokens", file=f"chat {chat}", hop=hop, fact=fact, remedy=_REFUSE)


def credentials_stay_with_their_owner(matched: MatchedRecords) -> Iterator[Violation]:
    """No neighbour's secret in a request to another, to a foreign host, or along a redirect to the object store."""
    seen: set[tuple[str, str, str]] = set()
    for each in matched.records.credentials:
        wrong = _misdirected(each)
        key = (each.mock, each.place, str(each.secret))
        if wrong is None or key in seen:
            continue
        seen.add(key)
        fact = f"{each.secret} was sent {wrong}, in {each.place} ({each.method} {each.path}, exchange {each.exchange})"
        remedy = "Build the headers of each neighbour from its own secrets alone; follow redirects without any."
        hop = _HOPS.get(each.mock, "service → another host")
        yield Violation(invariant="credentials", file=each.host, hop=hop, fact=fact, remedy=remedy)


def _misdirected(each: CredentialRecord) -> str | None:
    if each.secret is None:
        return None
    if each.mock == "edge":
        return f"to {each.host}, which no tenant of this stack has"
    if each.owner != each.mock:
        return f"to {NEIGHBOURS[each.mock]}"
    if each.mock == "cmi" and "/objects/" in each.path:
        return "to the object store, where a pre-signed address needs none"
    return None


def a_refused_credential_is_not_repeated(matched: MatchedRecords) -> Iterator[Violation]:
    """At most one 401 per credential within ``CREDENTIAL_PARK_S``: more of them lock the user.

    Only Authorization counts: an API key beside a wrong password is not what was refused.
    """
    refused: dict[tuple[str, str, str], list[CredentialRecord]] = defaultdict(list)
    for each in matched.records.credentials:
        if each.status == 401 and each.mock != "edge" and each.place.startswith("Authorization"):
            refused[each.mock, each.place, each.fingerprint].append(each)
    for (mock, place, _), uses in refused.items():
        uses.sort(key=lambda each: each.begun_s)
        again = [
            later
            for first, later in itertools.pairwise(uses)
            if first.ended_s < later.begun_s < first.ended_s + CREDENTIAL_PARK_S
        ]
        if again:
            who = f"user {uses[0].user}" if uses[0].user else place
            numbers = ", ".join(str(each.exchange) for each in uses)
            fact = f"the credential of {who} was answered 401 and tried again: {len(uses)} times (exchanges {numbers})"
            remedy = (
                "Remember a credential that was refused, for all transfers, until a new one comes: users are locked."
            )
            file = f"{NEIGHBOURS[mock]} {uses[0].host}"
            yield Violation(invariant="credentials", file=file, hop=_HOPS[mock], fact=fact, remedy=remedy)
