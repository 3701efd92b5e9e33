"""Oracle without an Oracle: every statement the package can emit is compiled for it and parsed.

That no other statement is sent is shown by the contract tests, which refuse one that the catalogue does not list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import sqlglot
from sqlalchemy import Table
from sqlalchemy.dialects.oracle import oracledb
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlglot import expressions as exp

from domain.errors import Conflict, DomainError, InvalidInput, Unavailable
from persistence import ledger_statements, migrate, statements
from persistence.dialects import Timeouts, TransactionMode, dialect_of, oracle
from persistence.errors import domain_errors
from persistence.tables import metadata
from persistence.types import UtcDateTime
from tests.fixtures.databases import ORACLE_URL

DIALECT = oracledb.OracleDialectAsync_oracledb()
ORACLE = dialect_of("oracle")


def queries() -> Iterator[tuple[str, str]]:
    for name, statement in statements.catalogue().items():
        compiled = statement.compile(dialect=DIALECT)  # type: ignore[attr-defined]
        if "ids" in compiled.params:  # an IN list takes its length when it is sent: here none, and the longest
            for length in (0, statements.IN_LIST_MAX):
                parameters = dict.fromkeys(compiled.params, "x") | {"ids": ["x"] * length}
                yield name, compiled.construct_expanded_state(parameters).statement
        else:
            yield name, str(compiled)


def migrations() -> Iterator[tuple[str, str]]:
    for number, statement in enumerate(re.split(r"^/$", migrate.offline_sql("oracle"), flags=re.MULTILINE)):
        if statement.strip():
            yield f"migration-{number}", statement.strip()


def declared() -> Iterator[tuple[str, str]]:
    for table in metadata.sorted_tables:
        yield table.name, str(CreateTable(table).compile(dialect=DIALECT))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            yield str(index.name), str(CreateIndex(index).compile(dialect=DIALECT))


EMITTED = [*queries(), *migrations(), *declared(), ("by hand", oracle.CREATE_LOCK_TABLE)]


@pytest.mark.parametrize("sql", [pytest.param(sql, id=f"{n}-{name}") for n, (name, sql) in enumerate(EMITTED)])
def test_oracle_can_read_it(sql: str) -> None:
    tree = sqlglot.parse_one(sql, read="oracle")
    assert not isinstance(tree, exp.Command)  # what sqlglot makes of words it does not know
    assert not list(tree.find_all(exp.Boolean, exp.Limit))
    assert not re.search(r"\b(LIMIT|BOOLEAN|RETURNING|TRUE|FALSE|ON CONFLICT|TIME ZONE|CLOB|DATE)\b", sql)
    names = [identifier.name for identifier in tree.find_all(exp.Identifier)] + re.findall(r":(\w+)", sql)
    assert [name for name in names if len(name) > 30] == []


def test_what_is_written_by_hand() -> None:
    """sqlglot has no grammar for LOCK TABLE and reads SET loosely: these are checked by eye, once."""
    assert set(oracle.STATEMENTS) == {
        "SET TRANSACTION READ ONLY",
        "LOCK TABLE migration_lock IN EXCLUSIVE MODE WAIT 120",
        oracle.CREATE_LOCK_TABLE,  # parsed above
    }


def test_the_catalogue_is_complete() -> None:
    compiled = {name for name, _ in queries()}
    written = vars(statements).keys() | vars(ledger_statements).keys()
    assert compiled == {name for name in written if name.isupper() and name[0] != "_"} - {
        "IN_LIST_MAX",
        "LIVE",
        "OPEN_STATUSES",
    }
    assert len(compiled) > 20
    migrated = " ".join(sql for _, sql in migrations())
    assert all(f"CREATE TABLE {table.name} " in migrated for table in metadata.sorted_tables)


def test_an_in_list_stays_below_oracles_thousand() -> None:
    longest = max(sql.count(":ids_") for _, sql in queries())
    assert longest == statements.IN_LIST_MAX < 1000


def test_rows_are_locked_by_column_and_limited_by_fetch() -> None:
    by_name = dict(queries())
    assert by_name["LOCK_JOINED_DEVICE"].endswith("FOR UPDATE OF gpu_devices.device_id, gpu_nodes.node_id")
    assert by_name["LOCK_REVISION"].endswith("FOR UPDATE")
    assert "FETCH FIRST" in by_name["CHANGES_SINCE"]


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=str)
def test_times_keep_their_microseconds(table: Table) -> None:
    for column in table.columns:
        stored = column.type.dialect_impl(DIALECT).compile(dialect=DIALECT)
        assert (stored == "TIMESTAMP") is isinstance(column.type, UtcDateTime), column


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("ORA-00001: unique constraint (FLEET.PK_GPU_DEVICES) violated", Conflict),
        ("ORA-02291: integrity constraint violated - parent key not found", Conflict),
        ("ORA-02292: integrity constraint violated - child record found", Conflict),
        ('ORA-12899: value too large for column "FLEET"."GPU_NODES"', InvalidInput),
        ("ORA-02290: check constraint (FLEET.CK_GPU_NODES_SOURCE) violated", InvalidInput),
        ("ORA-00060: deadlock detected while waiting for resource", Unavailable),
        ("DPY-4024: call timeout of 10000 ms exceeded", Unavailable),
        ("DPY-6005: cannot connect to database. Connection failed", Unavailable),
        ("DPY-4011: the database or network closed the connection", Unavailable),
        ("ORA-01034: ORACLE not available", Unavailable),
    ],
)
def test_its_errors_in_the_domains_words(message: str, expected: type[DomainError]) -> None:
    with pytest.raises(expected) as caught, domain_errors(ORACLE):
        raise DBAPIError("SELECT", {}, Exception(message))
    assert "FLEET" not in caught.value.message


def test_a_mistake_in_a_statement_is_not_hidden() -> None:
    with pytest.raises(DBAPIError), domain_errors(ORACLE):
        raise DBAPIError("SELECT", {}, Exception("ORA-00942: table or view does not exist"))


def test_a_snapshot_is_a_read_only_transaction() -> None:
    assert ORACLE.opening_statement(TransactionMode.SNAPSHOT) == "SET TRANSACTION READ ONLY"
    assert ORACLE.opening_statement(TransactionMode.WRITE) is None
    assert ORACLE.transaction_options(TransactionMode.SINGLE) == {"isolation_level": "AUTOCOMMIT"}


def test_every_round_trip_has_an_end() -> None:
    engine = create_async_engine("oracle+oracledb_async://u:p@db/fleet")
    ORACLE.prepare(engine, Timeouts(statement=2, lock=3))
    connection = SimpleNamespace(driver_connection=SimpleNamespace(call_timeout=0))
    for listener in engine.sync_engine.pool.dispatch.connect:
        if listener.__module__ == oracle.__name__:
            listener(connection, None)
    assert connection.driver_connection.call_timeout == 3000


@pytest.mark.skipif(
    ORACLE_URL is not None, reason="TEST_ORACLE_URL is set: the contract suite ran on that database too"
)
def test_the_contract_suite_on_a_live_oracle() -> None:
    pytest.skip("no Oracle to test against (TEST_ORACLE_URL is not set): its statements are only compiled and parsed")
