"""Partitioning GPUs, against a real server that carries out real commands on its simulated fleet.

Its H100s 1, 2 and 3 begin in MIG mode and idle; its A100s run programs.
"""

from __future__ import annotations

import pytest

from tests.integration.cli.running import As

DEVICE = "sim-h100-01/3"
ORDER = ("--yes", "--timeout", "30")


def layout(admin: As, device: str = DEVICE) -> list[str]:
    return [
        f"{each['profileName']}@{each['placementStart']}" for each in admin.json("mig", "show", device)["migInstances"]
    ]


def test_a_layout_is_planned_then_made(admin: As) -> None:
    wanted = ("--profiles", "2g.20gb*2", "--at", "3g.40gb@4")
    planned = admin("mig", "plan", DEVICE, *wanted)
    assert (planned.returncode, planned.stderr) == (0, "")
    assert planned.stdout.startswith("READY  ")
    before = layout(admin)
    done = admin("mig", "apply", DEVICE, *wanted, *ORDER, "--reason", "two and a half")
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-1] == f"{DEVICE}: SUCCEEDED"
    assert layout(admin) == ["2g.20gb@0", "2g.20gb@2", "3g.40gb@4"] != before
    shown = admin("mig", "show", DEVICE).stdout.splitlines()
    assert "  │2g.20gb          │2g.20gb          │3g.40gb                            │" in shown
    again = admin.json("mig", "apply", DEVICE, *wanted)
    assert (again["plan"]["devices"][0]["unchanged"], again["commands"]) == (True, [])


def test_without_yes_and_without_anybody_to_ask_nothing_is_changed(admin: As) -> None:
    before = layout(admin, "sim-h100-01/2")
    done = admin("mig", "apply", "sim-h100-01/2", "--empty")
    assert done.returncode == 2
    assert "--yes" in done.stderr
    assert layout(admin, "sim-h100-01/2") == before


def test_an_instance_in_use_stops_only_where_it_is_named(admin: As, ann: As) -> None:
    assert admin("mig", "apply", DEVICE, "--profiles", "2g.20gb", *ORDER).returncode == 0
    asked = ann.json("allocate", "--profile", "3g.40gb", "--node", "sim-h100-01", "--hours", "1")
    assert asked["granted"], asked
    held = asked["allocation"]["id"]
    device = asked["place"]["resources"][0]["device"]
    name = f"{device['node']['nodeName']}/{device['deviceIndex']}"
    refused = admin("mig", "plan", name, "--profiles", "7g.80gb")
    assert refused.returncode == 5
    assert refused.stdout.startswith("NOT POSSIBLE  ")
    assert f"--release {held}" in refused.stdout
    answer = admin.json("mig", "plan", name, "--profiles", "7g.80gb")
    assert [stop["allocationId"] for stop in answer["devices"][0]["refusal"]["blockers"]] == [held]
    assert admin("mig", "apply", name, "--profiles", "7g.80gb", *ORDER).returncode == 5

    done = admin("mig", "apply", name, "--profiles", "7g.80gb", "--release", held, *ORDER)
    assert done.returncode == 0, done.stderr
    assert layout(admin, name) == ["7g.80gb@0"]
    assert ann.json("allocation", held)["status"] == "RELEASED"


def test_one_instance_more_and_one_less(admin: As) -> None:
    assert admin("mig", "apply", DEVICE, "--profiles", "3g.40gb", *ORDER).returncode == 0
    (first,) = layout(admin)
    start = 4 - int(first.partition("@")[2])
    made = admin("mig", "create", DEVICE, "1g.10gb", "--at", str(start))
    assert made.returncode == 0, made.stderr
    assert made.stdout == f"CREATE_INSTANCE 1g.10gb at {start}: SUCCEEDED\n"
    twice = admin("mig", "create", DEVICE, "1g.10gb", "--at", str(start))
    assert (twice.returncode, twice.stdout) == (5, "")
    assert f"1g.10gb needs slice {start}." in twice.stderr
    assert admin("mig", "create", DEVICE, "1g.10gb", "--at", "99").returncode == 2
    gone = admin("mig", "delete", f"{DEVICE}@{start}")
    assert gone.stdout == f"DELETE_INSTANCE 1g.10gb at {start}: SUCCEEDED\n"
    assert layout(admin) == [first]
    assert admin("mig", "delete", f"{DEVICE}@{start}").returncode == 1
    assert admin("mig", "delete", "nonsense").returncode == 2


def test_mig_goes_off_and_on(admin: As) -> None:
    off = admin("mig", "disable", DEVICE)
    assert off.returncode == 0, off.stderr
    assert admin("mig", "show", DEVICE).stdout.startswith(f"{DEVICE}  H100 80GB  MIG off\n")
    on = admin.json("mig", "enable", DEVICE)
    assert on["command"]["status"] == "SUCCEEDED"
    assert admin("mig", "enable", DEVICE).stdout == "Nothing has to be done: it is so already\n"


def test_a_gpu_that_runs_programs_refuses_its_mode(admin: As) -> None:
    done = admin("mig", "enable", "sim-a100-01/0")
    assert done.returncode == 1
    assert "FAILED: step 1 of 1, ENABLE_MIG: the GPU is in use by process" in done.stderr
    assert done.stdout == "ENABLE_MIG: FAILED\n"
    shown = admin("mig", "show", "sim-a100-01/0").stdout
    assert shown.startswith("sim-a100-01/0  A100 80GB SXM4  MIG off")
    assert "in use by process" in shown


def test_what_a_product_cannot_do_is_not_possible(admin: As) -> None:
    done = admin("mig", "enable", "sim-rtx4090-01/0")
    assert done.returncode == 5
    assert "no MIG" in done.stderr
    done = admin("mig", "plan", "sim-h100-01/2", "--profiles", "9g.90gb")
    assert done.returncode == 5
    assert "has no profile 9g.90gb" in done.stdout


def test_layouts_of_a_node_and_of_the_fleet(admin: As) -> None:
    node = admin("mig", "show", "sim-h100-01").stdout
    assert [line.split()[0] for line in node.splitlines() if line.startswith("sim-h100-01/")] == [
        f"sim-h100-01/{index}" for index in range(8)
    ]
    fleet = admin.json("mig", "show")
    assert len(fleet) == 16
    assert admin("mig", "show", "sim-nowhere").returncode == 1
    planned = admin("mig", "plan", "simulated/sim-h100-01", "--profiles", "1g.10gb")
    assert planned.returncode == 0, planned.stdout
    assert admin("mig", "plan", "sim-h100-01", "--at", "1g.10gb@0").returncode == 2


def test_moves_that_would_make_room(admin: As) -> None:
    found = admin.json("mig", "defrag", "--node", "sim-h100-01", "--profile", "3g.40gb")
    assert found["moves"] == []
    assert admin("mig", "defrag").stdout.startswith("No move makes more room")


@pytest.mark.parametrize(
    "command", [["create", DEVICE, "1g.10gb"], ["enable", DEVICE], ["apply", DEVICE, "--at", "1g.20gb@6", "-y"]]
)
def test_users_change_no_layouts(ann: As, command: list[str]) -> None:
    done = ann("mig", *command)
    assert done.returncode == 4, done.stdout + done.stderr
    assert "MANAGE_LAYOUTS" in done.stderr
