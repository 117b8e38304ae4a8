"""Whose certificates are trusted."""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import Final

import certifi

__all__ = ["TrustError", "trusted_certificates"]

_VARIABLES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class TrustError(ValueError):
    """Certificates that the environment names cannot be read.

    Attributes:
        variable: the variable that names them.
        place: what it names.
        problem: what is wrong there.
    """

    def __init__(self, variable: str, place: str, problem: str) -> None:
        super().__init__(variable, place, problem)
        self.variable, self.place, self.problem = variable, place, problem

    def __str__(self) -> str:
        return (
            f"{self.variable} names {self.place} ({self.problem}); allowed: a PEM file of certificates, or a folder "
            "of them; set it to one, or unset it"
        )


def trusted_certificates() -> ssl.SSLContext:
    """Return a context that trusts what the environment names; where it names nothing, what the system and certifi do.

    ``SSL_CERT_FILE``, ``SSL_CERT_DIR``, ``REQUESTS_CA_BUNDLE`` and ``CURL_CA_BUNDLE`` each name a file or a folder, by
    an absolute path or a relative one; what any of them names is trusted.

    Raises:
        TrustError: what is named cannot be read.
    """
    named = {name: place for name in _VARIABLES if (place := os.environ.get(name))}
    if not named:
        context = ssl.create_default_context()
        context.load_verify_locations(certifi.where())
        return context
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for variable, place in named.items():
        try:
            if Path(place).is_dir():
                context.load_verify_locations(capath=place)
            else:
                context.load_verify_locations(cafile=place)
        except ssl.SSLError as error:
            raise TrustError(variable, place, "there is no certificate in it") from error
        except OSError as error:
            raise TrustError(variable, place, (error.strerror or "it cannot be read").lower()) from error
    return context
