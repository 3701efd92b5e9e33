"""Asking for GPUs and giving them back, against a real server."""

from __future__ import annotations

import json
import subprocess

from domain.access.principal import Role
from tests.fixtures.gpuctl import GPUCTL, GpuctlServer, environment, token
from tests.integration.cli.running import As, RunHere


def test_asked_granted_extended_and_given_back(ann: As) -> None:
    done = ann("allocate", "--model", "H100", "--gpus", "2", "--hours", "4", "-n", "asr", "--pod", "train-0")
    assert (done.returncode, done.stderr) == (0, "")
    first, *lines = done.stdout.splitlines()
    assert first.startswith("ACTIVE  sim-h100-01/")
    (held,) = [line.split()[1] for line in lines if line.startswith("  allocation")]

    listed = ann("allocations", "--mine", "--status", "active", "--namespace", "asr").stdout.splitlines()
    assert listed[0].split()[:5] == ["ALLOCATION", "STATUS", "HOLDS", "GPUS", "ENDS"]
    assert listed[1].split()[:5] == [held, "ACTIVE", first.split()[-1], "2", "in"]
    assert ann("allocations", "--team", "vision").stderr == "no allocation matches\n"

    assert ann("extend", held, "--no-end").stdout == f"{held} ends never\n"
    assert ann("extend", held, "--hours", "1", "--reason", "nearly done").returncode == 0
    assert ann("extend", held).returncode == 2
    assert ann("extend", held, "--hours", "1", "--no-end").returncode == 2

    assert ann("release", held).stdout == f"{held} is RELEASED, held {first.split()[-1]}\n"
    again = ann("release", held)
    assert again.returncode == 1
    assert "RELEASED already" in again.stderr

    history = ann("allocation", held).stdout.split("History\n")[1].splitlines()
    assert [line.split()[2] for line in history] == [
        "REQUESTED",
        "RESERVED",
        "ACTIVE",
        "ACTIVE",
        "ACTIVE",
        "RELEASED",
    ]
    assert any("nearly done" in line for line in history)
    ended = ann.json("allocations", "--since", "1h", "--mine")
    assert held in {one["id"] for one in ended}


def test_a_refusal_is_status_5_in_the_servers_words(ann: As) -> None:
    done = ann("allocate", "--model", "H100", "--gpus", "9")
    assert done.returncode == 5
    assert done.stderr == ""
    first = done.stdout.splitlines()[0]
    answer = ann.json("allocate", "--model", "H100", "--gpus", "9", "--dry-run")
    assert first == f"NO_RESOURCE  {answer['message']}"
    assert [check["step"] for check in answer["checks"] if not check["passed"]] == ["FILTER"]
    for alternative in answer["alternatives"]:
        assert alternative["message"] in done.stdout


def test_bad_input_is_status_2_and_names_the_option(ann: As) -> None:
    for arguments, words in (
        (["--gpus", "0"], "--gpus: a count is between 1"),
        (["--memory", "-1"], "--memory: memory is above 0"),
        (["--namespace", "No Spaces"], "--namespace: "),
        (["--hours", "1", "--until", "2099-01-01T00:00Z"], "--until: give hours or"),
        (["--cpu", "lots"], "--cpu"),
        (["--type", "nonsense"], "--type"),
    ):
        done = ann("allocate", *arguments)
        assert (done.returncode, done.stdout) == (2, ""), arguments
        assert words in done.stderr


def test_the_same_key_asks_once(ann: As) -> None:
    answers = [ann.json("allocate", "--model", "A100", "--key", "nightly-7") for _ in range(2)]
    assert answers[0]["allocation"]["id"] == answers[1]["allocation"]["id"]
    other = ann("allocate", "--model", "A100", "--gpus", "2", "--key", "nightly-7")
    assert other.returncode == 1
    assert "--key: this key was used for another request" in other.stderr


def test_what_is_anothers_may_not_be_released(here: RunHere, own_server: GpuctlServer, ann: As) -> None:
    asked = ann.json("allocate", "--model", "A100")
    held = asked["allocation"]["id"]
    bob = As(here, own_server, token(Role.USER, "bob", team="vision"))
    outcomes = bob.json("release", held, "alloc_nowhere")
    assert [one["error"]["code"] for one in outcomes] == ["NOT_FOUND", "NOT_FOUND"]
    assert bob("allocation", held).returncode == 1
    viewer = As(here, own_server, token(Role.VIEWER, "vera"))
    assert viewer("release", held).returncode == 4
    assert viewer("allocate").returncode == 4


def test_a_device_names_its_allocations(ann: As) -> None:
    asked = ann.json("allocate", "--model", "A100")
    device = asked["place"]["resources"][0]["device"]
    place = f"{device['node']['nodeName']}/{device['deviceIndex']}"
    for name in (place, device["id"], device["gpuUuid"], device["gpuUuid"][:14]):
        found = ann.json("allocations", "--device", name)
        assert [one["id"] for one in found] == [asked["allocation"]["id"]]
    several = ann("allocations", "--device", "GPU-")
    assert several.returncode == 2
    assert ann("allocations", "--device", "what").returncode == 2
    assert ann("allocations", "--device", "GPU-ffffffff-no").returncode == 1


def test_watched_as_json_lines(ann: As, own_server: GpuctlServer) -> None:
    command = [str(GPUCTL), "allocations", "--watch", "--json", "--user", "ann"]
    stated = environment(server=own_server.url, token=token(Role.USER, "ann", team="speech"))
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=stated, cwd="/") as process:
        assert process.stdout is not None
        try:
            snapshot = json.loads(process.stdout.readline())
            assert (snapshot["snapshot"], snapshot["allocations"]) == (True, [])
            asked = ann.json("allocate", "--model", "A100")
            change = json.loads(process.stdout.readline())
        finally:
            process.kill()
    assert change["snapshot"] is False
    assert [one["id"] for one in change["allocations"]] == [asked["allocation"]["id"]]


def test_quotas_are_set_refined_and_removed(admin: As, ann: As) -> None:
    assert admin("quota", "set", "team", "speech", "--gpus", "1", "--reason", "trial").returncode == 0
    try:
        assert admin("quota", "set", "team", "speech", "--gpus-soft", "0.5").returncode == 0
        (quota,) = ann.json("quota")
        assert (quota["gpusHard"], quota["gpusSoft"], quota["version"]) == (1.0, 0.5, 2)
        refused = ann("allocate", "--model", "A100", "--gpus", "2")
        assert refused.returncode == 5
        assert refused.stdout.startswith("REJECTED  team 'speech' would hold 2 GPUs with a hard limit of 1\n")
        assert "warning" in ann("allocate", "--model", "A100").stdout
        assert "1 of 1 (soft 0.5)" in ann("quota", "list").stdout
        assert admin("quota", "set", "team", "speech").returncode == 2
        assert admin("quota", "set", "team", "speech", "--mig-slices", "0.5").returncode == 2
        assert ann("quota", "set", "team", "speech", "--gpus", "none").returncode == 4
    finally:
        assert admin("quota", "delete", "team", "speech").returncode == 0
    assert admin("quota", "list").stderr == "there is no quota\n"
