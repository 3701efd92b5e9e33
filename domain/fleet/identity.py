"""Ids of objects: their kind and a short token, so that an id found in a log says what it names."""

from __future__ import annotations

import hashlib
import secrets


def derived_id(kind: str, natural_key: str) -> str:
    """The same for the same key: two replicas that register one thing at once collide on the primary key."""
    return f"{kind}_{hashlib.sha256(natural_key.encode()).hexdigest()[:20]}"


def new_id(kind: str) -> str:
    """An id nobody else has."""
    return f"{kind}_{secrets.token_hex(10)}"
