"""The commands against a real server: what they print, where, and how they end."""

from __future__ import annotations

import json

import pytest

from domain.access.principal import Role
from tests.fixtures.gpuctl import GpuctlServer, token
from tests.integration.cli.running import RunHere

AWAY = "http://127.0.0.1:1"


def test_devices_as_a_table(here: RunHere, gpuctl_server: GpuctlServer) -> None:
    done = here("devices", "--cluster", "simulated", "--limit", "3", server=gpuctl_server.url)
    assert done.returncode == 0
    assert done.stderr == ""
    heading, *lines = done.stdout.splitlines()
    assert heading.split()[:4] == ["DEVICE", "MODEL", "STATUS", "UTIL"]
    assert len(lines) == 3
    assert lines[0].startswith("sim-a100-01/0")
    assert "GPU-" in lines[0]  # nothing is cut off in a pipe


def test_devices_as_json_over_several_filters(here: RunHere, gpuctl_server: GpuctlServer) -> None:
    done = here(
        "devices", "--json", "--node", "sim-h100-01", "--status", "active", "--text", "h100", server=gpuctl_server.url
    )
    devices = json.loads(done.stdout)
    assert [device["deviceIndex"] for device in devices] == list(range(8))
    assert all(device["latestMetric"]["collectionSource"] == "SIMULATED" for device in devices)


def test_devices_sorted(here: RunHere, gpuctl_server: GpuctlServer) -> None:
    done = here("devices", "--json", "--sort", "temperature", server=gpuctl_server.url)
    found = [device["latestMetric"]["temperatureC"] for device in json.loads(done.stdout)]
    assert found == sorted(found, reverse=True)


def test_nothing_that_matches_is_not_a_failure(here: RunHere, gpuctl_server: GpuctlServer) -> None:
    done = here("devices", "--cluster", "nowhere", server=gpuctl_server.url)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "no GPU matches\n")
    done = here("devices", "--cluster", "nowhere", "--json", server=gpuctl_server.url)
    assert (done.returncode, done.stdout) == (0, "[]\n")


def test_nodes(here: RunHere, gpuctl_server: GpuctlServer) -> None:
    done = here("nodes", "--sort", "total", "--reverse", server=gpuctl_server.url)
    assert [line.split()[0] for line in done.stdout.splitlines()][:2] == ["NODE", "sim-rtx4090-01"]
    done = here("nodes", "--json", "--text", "a100", server=gpuctl_server.url)
    assert [node["totalGpus"] for node in json.loads(done.stdout)] == [8]


def test_top_once(here: RunHere, gpuctl_server: GpuctlServer) -> None:
    done = here("top", "--once", server=gpuctl_server.url)
    assert done.returncode == 0
    assert "SIMULATED readings" in done.stdout
    assert "20 GPUs" in done.stdout
    assert "sim-rtx4090-01/3" in done.stdout


def test_top_once_as_json(here: RunHere, gpuctl_server: GpuctlServer) -> None:
    done = here("top", "--once", "--json", "--node", "sim-rtx4090-01", server=gpuctl_server.url)
    (line,) = done.stdout.splitlines()
    gpus = json.loads(line)["gpus"]
    assert [gpu["deviceIndex"] for gpu in gpus] == [0, 1, 2, 3]
    assert all(gpu["gpuUtilizationPct"] is not None for gpu in gpus)


@pytest.mark.parametrize("command", [["devices"], ["nodes"], ["top", "--once"], ["top", "--json"]])
def test_a_server_that_is_away_is_status_3(here: RunHere, command: list[str]) -> None:
    done = here(*command, server=AWAY)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("gpuctl: cannot reach http://127.0.0.1:1")


@pytest.mark.parametrize("stated", [None, "nonsense"])
def test_without_a_valid_token_it_is_status_4(here: RunHere, own_server: GpuctlServer, stated: str | None) -> None:
    for command in (["devices"], ["top", "--json"]):
        done = here(*command, server=own_server.url, token=stated)
        assert (done.returncode, done.stdout) == (4, "")
        assert "token" in done.stderr


def test_a_role_that_may_not_is_status_4(here: RunHere, own_server: GpuctlServer) -> None:
    issued = here("token", "--role", "viewer", "--user", "joe")
    assert issued.returncode == 0
    viewer = issued.stdout.strip()
    done = here("status", "sim-h100-01/0", "cordoned", server=own_server.url, token=viewer)
    assert done.returncode == 4
    assert "VIEWER" in done.stderr


def test_status_by_place_uuid_and_id(here: RunHere, own_server: GpuctlServer) -> None:
    operator = token(Role.OPERATOR)

    def status(*arguments: str) -> tuple[int, str]:
        done = here("status", *arguments, server=own_server.url, token=operator)
        return done.returncode, done.stdout + done.stderr

    listed = here("devices", "--json", "--node", "sim-a100-01", server=own_server.url, token=operator)
    device = json.loads(listed.stdout)[1]
    assert status("simulated/sim-a100-01/1", "cordoned", "--reason", "fan") == (0, "sim-a100-01/1 is CORDONED (fan)\n")
    assert status(device["gpuUuid"], "draining") == (0, "sim-a100-01/1 is DRAINING\n")
    assert status(device["id"], "active") == (0, "sim-a100-01/1 is ACTIVE\n")
    assert status("sim-a100-01/99", "active")[0] == 1
    assert status("what", "active")[0] == 2
    assert status(device["id"], "retired")[0] == 1  # only by way of another state
    assert status(device["id"], "nonsense")[0] == 2


def test_wrong_addresses_are_wrong_usage(here: RunHere) -> None:
    done = here("devices", "--server", "ftp://example.org")
    assert done.returncode == 2
    assert "write it as http://HOST:PORT" in done.stderr


def test_what_is_no_such_server_is_said(here: RunHere, gpuctl_server: GpuctlServer) -> None:
    done = here("devices", server=f"{gpuctl_server.url}/elsewhere")
    assert done.returncode == 1
    assert "/elsewhere/graphql does not answer as this API does" in done.stderr
