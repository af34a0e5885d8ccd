"""Texts of refusals in the languages that a user may have. The wording is the mock's own, in the style of SAP's.

English is what the code raises (``C4CError.message``); the other languages stand here, by the error's key. An
error without a key of its own has the text of its class, so that no English word is left in it. Source of the
fact that texts are localised: recorded error of a tenant (German); of the lock's English words: SAP KBA 3577788.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LANGUAGES = ("en", "de", "fr", "es")
"""ISO 639-1 codes."""

GENERIC: Mapping[str, str] = {
    "en": "An error occurred",
    "de": "Ein Fehler ist aufgetreten",
    "fr": "Une erreur s'est produite",
    "es": "Se ha producido un error",
}
"""The outer text where the real one stands in the details only: dialect ``error_form`` ``details``."""

_TEXTS: Mapping[str, Mapping[str, str]] = {
    "bad_request": {
        "de": "Die Anfrage ist ungültig",
        "fr": "La demande n'est pas valide",
        "es": "La solicitud no es válida",
    },
    "logon_failed": {
        "de": "Anmeldung fehlgeschlagen",
        "fr": "Échec de la connexion",
        "es": "Error de inicio de sesión",
    },
    "forbidden": {
        "de": "Sie haben keine Berechtigung für diese Aktion",
        "fr": "Vous n'avez pas l'autorisation pour cette action",
        "es": "No tiene autorización para esta acción",
    },
    "not_found": {
        "de": "Die Ressource wurde nicht gefunden",
        "fr": "La ressource est introuvable",
        "es": "No se ha encontrado el recurso",
    },
    "not_allowed": {
        "de": "Die Methode ist für diese Ressource nicht zulässig",
        "fr": "La méthode n'est pas admise pour cette ressource",
        "es": "El método no está permitido para este recurso",
    },
    "precondition_failed": {
        "de": "Der Datensatz wurde inzwischen geändert",
        "fr": "L'enregistrement a été modifié entre-temps",
        "es": "El registro se ha modificado entretanto",
    },
    "unsupported_media": {
        "de": "Der Inhaltstyp der Anfrage wird nicht unterstützt",
        "fr": "Le type de contenu de la demande n'est pas pris en charge",
        "es": "El tipo de contenido de la solicitud no es compatible",
    },
    "range_not_satisfiable": {
        "de": "Der angeforderte Bereich liegt außerhalb der Datei",
        "fr": "La plage demandée est hors du fichier",
        "es": "El intervalo solicitado está fuera del archivo",
    },
    "too_many_requests": {
        "de": "Zu viele parallele Anfragen",
        "fr": "Trop de demandes en parallèle",
        "es": "Demasiadas solicitudes en paralelo",
    },
    "busy": {
        "de": "Das System ist zurzeit ausgelastet; versuchen Sie es später erneut",
        "fr": "Le système est actuellement surchargé ; réessayez plus tard",
        "es": "El sistema está saturado en este momento; inténtelo más tarde",
    },
    "locked": {
        "de": "Datensatz ist durch Benutzer {user} gesperrt",
        "fr": "L'enregistrement est bloqué par l'utilisateur {user}",
        "es": "El registro está bloqueado por el usuario {user}",
    },
    "refused": {
        "de": "Der Anhang wurde abgelehnt",
        "fr": "La pièce jointe a été refusée",
        "es": "El archivo adjunto se ha rechazado",
    },
    "mime_type": {
        "de": "Der MIME-Typ {mime} ist nicht zulässig",
        "fr": "Le type MIME {mime} n'est pas autorisé",
        "es": "El tipo MIME {mime} no está permitido",
    },
    "too_large": {
        "de": "Der Anhang ist zu groß: höchstens {limit} Bytes sind zulässig",
        "fr": "La pièce jointe est trop volumineuse : {limit} octets au maximum",
        "es": "El archivo adjunto es demasiado grande: como máximo {limit} bytes",
    },
    "virus": {
        "de": "Virenprüfung: Die Datei ist infiziert",
        "fr": "Analyse antivirus : le fichier est infecté",
        "es": "Análisis antivirus: el archivo está infectado",
    },
    "server_fault": {
        "de": "Interner Serverfehler",
        "fr": "Erreur interne du serveur",
        "es": "Error interno del servidor",
    },
    "not_built": {
        "de": "Diese Funktion ist nicht verfügbar",
        "fr": "Cette fonction n'est pas disponible",
        "es": "Esta función no está disponible",
    },
}


def text_of(key: str, words: Mapping[str, str], language: str, english: str) -> str:
    """The text in ``language``, one of LANGUAGES; ``english`` is the error's own message."""
    if language == "en" or key not in _TEXTS:
        return english
    return _TEXTS[key][language].format(**words)


def keys() -> tuple[str, ...]:
    """Every key that has texts."""
    return tuple(_TEXTS)


@dataclass(frozen=True, kw_only=True)
class ErrorText:
    """Code, text and language of an error.

    Attributes:
        code: empty as recorded, or a stable key; dialect ``error_codes``.
        language: ISO 639-1.
        details: the text stands in ``innererror`` only, and a generic one outside.
    """

    code: str
    text: str
    language: str
    details: bool = False

    @property
    def outer(self) -> str:
        """The text of ``error.message``."""
        return GENERIC[self.language] if self.details else self.text
