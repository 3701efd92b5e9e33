"""Which media type a client takes and sends (GraphQL over HTTP)."""

from __future__ import annotations

from email.message import Message
from functools import lru_cache

KEPT = 64
"""Header values whose reading is remembered: clients send the same ones over and over."""

RESPONSE_JSON = "application/graphql-response+json"
LEGACY_JSON = "application/json"

_OFFERED = {
    RESPONSE_JSON: RESPONSE_JSON,
    LEGACY_JSON: LEGACY_JSON,
    "application/*": LEGACY_JSON,
    "*/*": LEGACY_JSON,
}


@lru_cache(maxsize=KEPT)
def accepted_media_type(accept: str | None) -> str | None:
    """The answer's media type for an Accept header: the best liked, the first of equals; None: nothing we have."""
    if accept is None or not accept.strip():
        return LEGACY_JSON
    best: tuple[float, str] | None = None
    for part in accept.split(","):
        media_type, parameters = _parsed(part)
        offered = _OFFERED.get(media_type)
        quality = _quality(parameters.get("q", "1"))
        charset = parameters.get("charset", "utf-8").lower()
        if offered and quality > 0 and charset == "utf-8" and (best is None or quality > best[0]):
            best = (quality, offered)
    return best[1] if best else None


@lru_cache(maxsize=KEPT)
def is_json(content_type: str | None) -> bool:
    """Whether a body is declared as JSON in UTF-8."""
    media_type, parameters = _parsed(content_type or "")
    return media_type == LEGACY_JSON and parameters.get("charset", "utf-8").lower() in ("utf-8", "utf8")


def _parsed(value: str) -> tuple[str, dict[str, str]]:
    message = Message()
    message["content-type"] = value.strip()
    parameters = message.get_params(failobj=[]) or []
    return message.get_content_type() if "/" in value else "", {name.lower(): text for name, text in parameters[1:]}


def _quality(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
