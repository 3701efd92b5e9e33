"""Tokens: signed statements of who acts. The identity of this release; an OpenID provider comes beside it."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt

from domain.access.principal import Principal, Role
from domain.errors import InvalidInput, Unauthenticated
from server.settings import AuthMode, Settings

ALGORITHM = "HS256"
ISSUER = "k8s-gpu-management"
KEY_LENGTH_MIN = 32
CLOCK_LEEWAY = timedelta(seconds=10)

DEV_PRINCIPAL = Principal(subject="dev", role=Role.ADMIN)


class Authenticator:
    """Turns what a request carries into a principal."""

    def __init__(self, mode: AuthMode, key: str) -> None:
        if len(key) < KEY_LENGTH_MIN:
            raise ValueError(f"GPU_AUTH_SECRET needs {KEY_LENGTH_MIN} characters or more, it has {len(key)}")
        self._mode = mode
        self._key = key

    @classmethod
    def from_settings(cls, settings: Settings) -> Authenticator:
        secret = settings.auth_secret
        key = secret.get_secret_value() if secret is not None else kept_key(settings.data_dir / "signing.key")
        return cls(settings.auth_mode, key)

    def principal(self, authorization: str | None) -> Principal:
        """The principal of an `Authorization` header value. Raises `Unauthenticated`.

        A token that does not verify is refused in every mode: falling back to the dev principal would
        turn a mistake into more rights, not fewer.
        """
        if authorization is None:
            if self._mode is AuthMode.DEV:
                return DEV_PRINCIPAL
            raise Unauthenticated("a token is needed: send `Authorization: Bearer ...` (see `gpuctl token`)")
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("the Authorization header is not of the form `Bearer TOKEN`")
        return self.verify(token.strip())

    def verify(self, token: str) -> Principal:
        """The principal a token states. Raises `Unauthenticated`."""
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                leeway=CLOCK_LEEWAY,
                options={"require": ["exp", "sub", "role"]},
            )
            return _principal(claims)
        except jwt.ExpiredSignatureError:
            raise Unauthenticated("the token has expired") from None
        except (jwt.InvalidTokenError, ValueError, TypeError) as error:
            raise Unauthenticated(f"the token is not valid: {error}") from None

    def issue(self, principal: Principal, lifetime: timedelta) -> str:
        """Sign a token for the principal. Raises `InvalidInput` on a lifetime that is not positive."""
        if lifetime <= timedelta(0):
            raise InvalidInput("a lifetime is longer than nothing", path=("lifetime",))
        now = datetime.now(UTC)
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "sub": principal.subject,
            "role": principal.role.value,
            "iat": now,
            "exp": now + lifetime,
        }
        if principal.team is not None:
            claims["team"] = principal.team
        if principal.clusters is not None:
            claims["clusters"] = sorted(principal.clusters)
        if principal.node_name is not None:
            claims["node"] = principal.node_name
        return jwt.encode(claims, self._key, algorithm=ALGORITHM)


def kept_key(path: Path) -> str:
    """The generated signing key of this data directory; made on first use, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
        with suppress(FileExistsError):
            os.link(fresh, path)  # whole or not at all, and the first of several processes wins
        fresh.unlink()
    return path.read_text(encoding="ascii").strip()


def _principal(claims: dict[str, Any]) -> Principal:
    clusters = claims.get("clusters")
    return Principal(
        subject=str(claims["sub"]),
        role=Role(claims["role"]),
        team=claims.get("team"),
        clusters=None if clusters is None else frozenset(map(str, clusters)),
        node_name=claims.get("node"),
        expires_at=datetime.fromtimestamp(claims["exp"], UTC),
    )
