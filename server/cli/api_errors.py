"""How a call to the API fails, and how its address is written. Imports nothing heavy."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit


class ApiError(Exception):
    """A call that did not succeed. `message` is for people."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Unreachable(ApiError):
    """No answer: whether the call was carried out is not known."""


class Refused(ApiError):
    """The token is missing, not valid, or not allowed to do this."""


class CallFailed(ApiError):
    """The server answered that it could not, with its code."""

    def __init__(self, message: str, code: str, path: tuple[str, ...] = ()) -> None:
        super().__init__(f"{message} ({'.'.join(path)})" if path else message)
        self.words = message
        self.code = code
        self.path = path


def graphql_url(server: str) -> str:
    """The address of the API for what people type: `host:8080`, `http://host`, `https://host/prefix`."""
    address = urlsplit(server if "://" in server else f"http://{server}")
    if address.scheme not in {"http", "https"} or not address.hostname:
        raise ValueError(f"{server!r} is not a server's address: write it as http://HOST:PORT")
    path = address.path.rstrip("/")
    return urlunsplit(
        (address.scheme, address.netloc, path if path.endswith("/graphql") else f"{path}/graphql", "", "")
    )
