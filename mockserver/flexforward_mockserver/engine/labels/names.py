"""Names that a server needs from its start, of what it imports when labels are first asked for."""

from __future__ import annotations

from flexforward_openapi import OWN_PREFIX

__all__ = ["CREATE_OPERATION", "DEFAULT_SCENARIO", "DOCUMENTS_PATH", "GET_OPERATION", "LABEL_OPERATIONS"]

CREATE_OPERATION = "createLabel"
GET_OPERATION = "getLabel"
LABEL_OPERATIONS = (CREATE_OPERATION, GET_OPERATION)

DEFAULT_SCENARIO = "delivered"
"""Lifecycle of labels whose request chooses none."""

DOCUMENTS_PATH = f"{OWN_PREFIX}/documents/"
"""Where documents stand; whoever has their address needs no credentials, as with the vendor's."""
