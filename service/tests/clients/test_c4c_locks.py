"""A lock is known in the language of C4C's user, and a refusal in the same words is none."""

from __future__ import annotations

import unicodedata

import pytest
from c4c_kit import DIALECT, always, client, post, problem

from attachment_transfer.core import errors
from attachment_transfer.core.answers.c4c import LockWords
from attachment_transfer.core.dialect import BadDialect

pytestmark = pytest.mark.off_contract(
    judge="requests", reason="the answers are made by hand, most of them to be refused or to be odd"
)

LOCKS = [
    "record locked by user V1USER",
    "Object 00163E01 is locked by user MARY",
    "OBJECT_LOCKED_BY_USER",
    "MC/601",
    "Object is being edited by another user",
    "Objekt ist gesperrt durch MUELLER",
    "Das Objekt 4711 ist durch den Benutzer MEIER gesperrt.",
    "Angefordertes Objekt ist zur Zeit gesperrt durch den Benutzer MEIER",
    "Objekt vom Typ Chataktivität ist vom Benutzer MEIER gesperrt",
    "Die Aktivität wird gerade von einem anderen Benutzer bearbeitet",
    "Objet demandé actuellement bloqué par utilisateur DUPONT",
    "L’objet est verrouillé par l’utilisateur DUPONT",
    "El objeto solicitado está bloqueado actualmente por el usuario GARCIA",
    "L'oggetto richiesto è attualmente bloccato dall'utente ROSSI",
    "Objeto solicitado bloqueado atualmente pelo usuário SILVA",
    "O objeto está bloqueado pelo utilizador SILVA",
    "Obiectul solicitat este blocat de utilizatorul POPESCU",
    "Object is momenteel geblokkeerd door gebruiker JANSEN",
    "Object vergrendeld endpoint JANSEN",
    "Żądany obiekt jest obecnie zablokowany przez użytkownika KOWALSKI",
    "Požadovaný objekt je momentálně blokován uživatelem NOVAK",
    "Objekt je uzamčen uživatelem NOVAK",
    "Objektet är för närvarande spärrat av användare SVENSSON",
    "Objektet är låst av SVENSSON",
    "Objektet er låst af brugeren JENSEN",
    "Kohde on käyttäjän VIRTANEN lukitsema (lukittu)",
    "Az objektumot NAGY felhasználó zárolja",
    "Το αντικείμενο είναι κλειδωμένο από τον χρήστη",
    "İstenen nesne YILMAZ kullanıcısı tarafından bloke edildi",
    "NESNE ŞU ANDA KİLİTLİ",
    "Запрошенный объект заблокирован пользователем IVANOV",
    "Об'єкт заблоковано користувачем SHEVCHENKO",
    "オブジェクトは現在ユーザ TANAKA によってロックされています",
    "请求的对象当前被用户 WANG 锁定",
    "物件目前被使用者 CHEN 鎖定",
    "요청한 오브젝트가 현재 사용자 KIM에 의해 잠겨 있습니다",
    "האובייקט נעול על ידי משתמש",
    "الكائن مقفل من قبل المستخدم",
    "ออบเจ็กต์ถูกล็อคโดยผู้ใช้",
    "Đối tượng đang bị khóa bởi người dùng",
]

REFUSALS = [
    "Blocked MIME type application/x-msdownload",
    "The file type exe is blocked by the administrator",
    "Attachment blocked: virus found",
    "Unblocked users only",
    "MIME-Typ ist gesperrt",
    "Dieser Dateityp ist durch den Administrator gesperrt",
    "Die Dateiendung .exe ist gesperrt",
    "Die Datei ist aus Sicherheitsgründen gesperrt",
    "Type de fichier bloqué par l'administrateur",
    "Cette extension est bloquée par la politique",
    "Tipo de archivo bloqueado por el administrador",
    "Tipo di file bloccato dall'amministratore",
    "Tipo de arquivo bloqueado pelo administrador",
    "Bestandstype geblokkeerd door de beheerder",
    "Typ pliku zablokowany przez administratora",
    "Typ souboru je blokován, uživatel nemá právo",
    "Filtypen är spärrad av administratören",
    "Dosya türü yönetici tarafından bloke edildi",
    "Тип файла заблокирован для пользователя",
    "このファイル形式はブロックされています",
    "ユーザによりブロックされました",
    "文件类型已被锁定",
    "파일 형식이 잠금 처리되었습니다",
    "ประเภทไฟล์ถูกบล็อก",
    "Value of property Name is too long",
    "Clocked out; deadlocked is another word",
    "",
]


@pytest.mark.parametrize("text", LOCKS)
def test_a_lock_is_known_in_every_language(text: str) -> None:
    for form in (text, unicodedata.normalize("NFD", text)):
        with pytest.raises(errors.NeighbourBusy, match="the activity is locked") as caught:
            post(always(problem(400, {"error": {"code": "", "message": {"lang": "xx", "value": form}}})))
        assert caught.value.retry_after_s == 10.0
        assert not caught.value.may_exist


@pytest.mark.parametrize("text", REFUSALS)
def test_a_refusal_in_the_same_words_is_no_lock(text: str) -> None:
    with pytest.raises(errors.UploadQuestioned):
        post(always(problem(400, {"error": {"code": "", "message": {"lang": "xx", "value": text}}})))


def test_a_lock_is_waited_for_as_long_as_c4c_asks() -> None:
    answer = problem(400, {"error": {"message": "record locked by user X"}}, **{"Retry-After": "90"})
    with pytest.raises(errors.NeighbourBusy) as caught:
        post(always(answer))
    assert caught.value.retry_after_s == 90.0


@pytest.mark.parametrize("status", [401, 403, 413, 415])
def test_a_status_that_says_more_is_never_a_lock(status: int) -> None:
    with pytest.raises(errors.GiveUp):
        post(always(problem(status, {"error": {"message": {"value": "Your user is locked"}}})))


def test_the_words_are_the_dialects() -> None:
    answer = always(problem(400, {"error": {"message": {"value": "Ocupat de POPESCU"}}}))
    with pytest.raises(errors.NeighbourBusy):
        post(answer, lock_words=["ocupat"])
    with pytest.raises(errors.UploadQuestioned):
        post(answer, lock_words=["ocupat"], not_lock_words=["popescu"])


@pytest.mark.parametrize("name", ["lock_pattern", "lock_words", "not_lock_words"])
def test_a_word_that_is_no_expression_is_refused_by_name(name: str) -> None:
    with pytest.raises(BadDialect, match=name):
        client(always(problem(400)), **{name: "(" if name == "lock_pattern" else ["fine", "("]})


@pytest.mark.parametrize("unit", ["bloqueado ", "von benutzer ", "par ", "a b c ", "заблок ", "ロ", "\u0301", "_"])
def test_a_long_text_is_searched_in_part_and_ends(unit: str) -> None:
    """It would not end if one of the stems took time that grows with the text's square."""
    words = LockWords(DIALECT.c4c_lock_pattern, words=DIALECT.c4c_lock_words, not_words=DIALECT.c4c_not_lock_words)
    assert not words.found(unit * 100_000 for _ in range(500))
