"""Errors of the drivers in the domain's words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from domain.errors import Conflict, DomainError, InvalidInput, Unavailable
from persistence.dialects import DatabaseDialect, Failure

AWAY = "the database is away; send the same request again"
BUSY = "the database was busy for too long; nothing was changed, send the same request again"


@contextmanager
def domain_errors(dialect: DatabaseDialect) -> Iterator[None]:
    """Raise `Unavailable`, `Conflict` or `InvalidInput` for what the driver raises inside.

    What is none of these is a fault of this program and passes through. The texts name no host, no table and
    no value: the cause, which has them, is chained for the log.
    """
    try:
        yield
    except PoolTimeoutError as error:
        raise Unavailable(BUSY) from error
    except DBAPIError as error:
        failure = Failure.AWAY if error.connection_invalidated else dialect.failure(error)
        if failure is None:
            raise
        raise _as_domain_error(failure) from error
    except StatementError as error:  # a value that a column type refused
        if isinstance(error.orig, DomainError):
            raise error.orig from None
        raise
    except OverflowError as error:  # SQLite's driver; the others report a value of theirs
        raise _as_domain_error(Failure.VALUE) from error
    except OSError as error:  # refused, reset, unknown host, timed out: not wrapped by every driver
        raise Unavailable(AWAY) from error


def is_broken(error: DomainError | None) -> bool:
    """Whether the connection itself failed, which the pool does not learn from an error that is not the driver's."""
    return error is not None and isinstance(error.__cause__, OSError)


def _as_domain_error(failure: Failure) -> DomainError:
    match failure:
        case Failure.AWAY:
            return Unavailable(AWAY)
        case Failure.BUSY:
            return Unavailable(BUSY)
        case Failure.DUPLICATE:
            return Conflict("it exists already: another request stored the same key")
        case Failure.REFERENCE:
            return Conflict("it refers to, or is referred to by, something that another request changed")
        case Failure.VALUE:
            return InvalidInput("the database refused a value: it is missing, too long or not one of those allowed")
