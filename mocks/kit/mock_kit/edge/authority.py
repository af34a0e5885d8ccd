"""The certificate authority of one process: short-lived, its key in memory alone, a leaf per name on demand.

It is installed nowhere. A client is given the path of ``ca.pem`` (``SSL_CERT_FILE``, ``verify=``). No other client
accepts its certificates, and this one does for two days.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import ssl
import tempfile
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mock_kit.edge.addresses import BadAddress, is_address, plain_host

CA_FILE = "ca.pem"
_VALID_FOR = timedelta(days=2)
#: Before now: the clocks of two containers may differ.
_VALID_BEFORE = timedelta(hours=1)
#: Names whose certificates are kept; the one used longest ago goes first. A client may invent names for ever.
_MOST_NAMES = 1024
_ORGANISATION = "mock_kit edge proxy"


class Authority:
    """Issues certificates. Not for several threads: the listener's thread alone uses it."""

    def __init__(self, folder: Path) -> None:
        """Make the authority, and write its certificate (not its key) to ``folder``/ca.pem."""
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        #: One key for all leaves: what differs is the name.
        self._leaf_key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.now(UTC)
        self._from, self._until = now - _VALID_BEFORE, now + _VALID_FOR
        self._certificate = self._own_certificate()
        self._contexts: OrderedDict[str, ssl.SSLContext] = OrderedDict()
        self.file = folder / CA_FILE
        self._write()

    def context(self, fallback: str) -> ssl.SSLContext:
        """For one connection: the leaf of the name in its ClientHello, or of ``fallback`` where it names none."""
        return self._context_of(fallback)

    def _choose(self, connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> int | None:
        """The handshake's callback. Returns a TLS alert for a name that is none."""
        if name is None:
            return None
        try:
            host = plain_host(name)
        except BadAddress:
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        connection.context = self._context_of(host)
        return None

    def _context_of(self, host: str) -> ssl.SSLContext:
        if host not in self._contexts:
            self._contexts[host] = self._new_context(self._leaf(host))
        self._contexts.move_to_end(host)
        while len(self._contexts) > _MOST_NAMES:
            self._contexts.popitem(last=False)
        return self._contexts[host]

    def _new_context(self, leaf: x509.Certificate) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # No renegotiation, so that a write never waits for a read; no tickets: a name chooses its own context.
        context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_TICKET
        context.num_tickets = 0
        context.set_alpn_protocols(["http/1.1"])
        context.sni_callback = self._choose
        self._load(context, leaf)
        return context

    def _load(self, context: ssl.SSLContext, leaf: x509.Certificate) -> None:
        """The module ssl reads files alone: one of mode 0600 that is gone before this returns."""
        key = self._leaf_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        descriptor, path = tempfile.mkstemp(dir=self._folder, prefix="leaf-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(_pem(leaf) + _pem(self._certificate) + key)
            context.load_cert_chain(path)
        finally:
            Path(path).unlink()

    def _own_certificate(self) -> x509.Certificate:
        usage = x509.KeyUsage(
            digital_signature=True,
            key_cert_sign=True,
            crl_sign=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )
        name = _name(f"{_ORGANISATION}, {self._from:%Y-%m-%d %H:%M:%S}")
        builder = (
            self._builder(name, name, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
        )
        return builder.sign(self._key, hashes.SHA256())

    def _leaf(self, host: str) -> x509.Certificate:
        subject: x509.GeneralName = x509.DNSName(host)
        if is_address(host):
            subject = x509.IPAddress(ipaddress.ip_address(host))
        authority_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = (
            self._builder(_name(_ORGANISATION), self._certificate.subject, self._leaf_key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([subject]), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(authority_key, critical=False)
        )
        return builder.sign(self._key, hashes.SHA256())

    def _builder(
        self, subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._from)
            .not_valid_after(self._until)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        )

    def _write(self) -> None:
        """By rename: a client that starts at the same time reads the old authority or this one, never a part."""
        descriptor, path = tempfile.mkstemp(dir=self._folder, prefix="ca-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(_pem(self._certificate))
                os.fchmod(file.fileno(), 0o644)
            Path(path).replace(self.file)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(path).unlink()
            raise


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
