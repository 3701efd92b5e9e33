"""What needs no server, and the start of one: settings, database, tokens."""

from __future__ import annotations

import json

import pytest

from domain.access.principal import Role
from server.settings import AuthMode
from server.tokens import Authenticator
from tests.fixtures.gpuctl import SECRET, GpuctlFactory, wait_for
from tests.integration.cli.running import RunHere


@pytest.mark.parametrize(
    ("settings", "variable", "started"),
    [
        ({"sample_interval": "soon"}, "GPU_SAMPLE_INTERVAL", False),
        ({"auth_mode": "open"}, "GPU_AUTH_MODE", False),
        ({"allowed_origins": "here"}, "GPU_ALLOWED_ORIGINS", False),
        ({"auth_secret": "short"}, "GPU_AUTH_SECRET", True),
        ({"broker_url": "carrier://pigeon"}, "GPU_BROKER_URL", True),
        ({"database_url": "mysql://host/fleet"}, "GPU_DATABASE_URL", False),
        ({"simulated_faults": "gremlins", "collector": "simulated"}, "GPU_SIMULATED_FAULTS", True),
    ],
)
def test_a_wrong_setting_is_named_and_nothing_else_is_said(
    here: RunHere, gpuctl: GpuctlFactory, settings: dict[str, str], variable: str, started: bool
) -> None:
    run = gpuctl.run if started else here
    done = run("serve", "--port", "18999", **settings)
    assert done.returncode == 2
    assert variable in done.stderr
    assert "Traceback" not in done.stderr
    assert "short" not in done.stderr


def test_dev_mode_is_not_served_to_a_network(gpuctl: GpuctlFactory) -> None:
    done = gpuctl.run("serve", "--host", "0.0.0.0", "--port", "18999")
    assert done.returncode == 2
    assert "GPU_AUTH_MODE" in done.stderr


def test_a_misspelt_setting_is_pointed_out(here: RunHere) -> None:
    done = here("config", "--json", sample_intervall=3)
    assert "GPU_SAMPLE_INTERVAL is meant" in done.stderr
    assert done.returncode == 0


def test_serve_says_once_where_it_is_and_what_it_collects(gpuctl: GpuctlFactory) -> None:
    server = gpuctl.server(collector="simulated", simulated_gpus=4)
    assert wait_for(lambda: server.output, 5)
    assert server.output == f"Listening on {server.url} - SIMULATED fleet, no real GPUs: 4 GPUs read\n"
    taken = gpuctl.run("serve", "--port", str(server.port))
    assert taken.returncode == 1
    assert "Address already in use" in taken.stderr
    assert server.stop() == 0


def test_config_masks_secrets(here: RunHere) -> None:
    done = here("config", "--json", broker_url="redis://:hidden@host:6379/0", token="hidden")
    rows = {row["variable"]: row for row in json.loads(done.stdout)}
    assert rows["GPU_BROKER_URL"]["value"] == "redis://:********@host:6379/0"
    assert rows["GPU_BROKER_URL"]["set"]
    assert rows["GPU_SAMPLE_INTERVAL"] == {
        "variable": "GPU_SAMPLE_INTERVAL",
        "value": 1.0,
        "default": 1.0,
        "set": False,
        "description": "Seconds between readings, and between frames.",
    }
    assert "hidden" not in done.stdout
    assert SECRET not in done.stdout
    table = here("config")
    assert "GPU_NODE_NAME" in table.stdout
    assert SECRET not in table.stdout


def test_migrate(here: RunHere) -> None:
    first = json.loads(here("migrate", "--json").stdout)
    assert (first["from"], first["changed"]) == (None, True)
    again = here("migrate")
    assert again.stdout.endswith(f"is at {first['to']} already\n")


@pytest.mark.parametrize("url", ["sqlite:////tmp/x.db", "postgresql://u:hidden@h/fleet", "oracle://u:hidden@h/fleet"])
def test_migrate_prints_sql(here: RunHere, url: str) -> None:
    done = here("migrate", "--sql", database_url=url)
    assert done.returncode == 0
    assert "CREATE TABLE gpu_devices" in done.stdout
    assert "hidden" not in done.stdout + done.stderr


def test_migrate_of_a_database_that_is_away(here: RunHere) -> None:
    done = here("migrate", database_url="postgresql://u:hidden@127.0.0.1:1/fleet")
    assert done.returncode == 3
    assert "hidden" not in done.stderr


def test_token_is_all_there_is_on_standard_output(here: RunHere) -> None:
    done = here("token", "--role", "service", "--node", "n1", "--cluster", "east", "--hours", "2")
    principal = Authenticator(AuthMode.TOKEN, SECRET).verify(done.stdout.strip())
    assert (principal.subject, principal.role, principal.node_name) == ("agent:n1", Role.SERVICE, "n1")
    assert principal.clusters == {"east"}
    assert here("token", "--role", "king").returncode == 2
    assert here("token", "--role", "user", "--hours", "0").returncode == 2
