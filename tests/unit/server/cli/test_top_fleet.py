"""The fleet behind the screen: frames, history, rows."""

from __future__ import annotations

import numpy as np

from server.cli.top.fleet import HISTORY_S, Fleet, History
from server.cli.top.header import Totals
from server.cli.top.rows import RowMaker
from server.cli.top.snapshot import as_object
from server.cli.top.sorting import SortKey
from tests.unit.server.cli.frames import make_frame, make_identities


class Steady:
    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


def test_history_holds_a_value_per_second() -> None:
    history = History(["a"])
    for second in range(100, 103):
        history.put(second, np.array([float(second)]))
    assert history.seconds(102)[-3:, 0].tolist() == [100, 101, 102]
    assert np.isnan(history.seconds(102)[:-3]).all()


def test_history_bridges_the_beat_of_the_frames_and_no_more() -> None:
    history = History(["a"])
    history.put(100, np.array([1.0]))
    history.put(102, np.array([2.0]))
    history.put(110, np.array([3.0]))
    assert history.seconds(110)[-11:-8, 0].tolist() == [1, 2, 2]
    assert np.isnan(history.seconds(110)[-8:-1]).all()
    assert history.seconds(110)[-1, 0] == 3
    assert np.isnan(history.seconds(115)[-5:]).all()
    assert np.isnan(history.seconds(110 + HISTORY_S)).all()


def test_history_follows_gpus_to_their_new_places() -> None:
    history = History(["a", "b"])
    history.put(100, np.array([1.0, 2.0]))
    history.arrange(["c", "b"])
    assert np.isnan(history.seconds(100)[-1, 0])
    assert history.seconds(100)[-1, 1] == 2


def test_ages_grow_between_frames() -> None:
    steady = Steady()
    fleet = Fleet(steady)
    identities = make_identities(2)
    fleet.take(make_frame(identities, ageMs=[500, None]), identities)
    steady.at += 3
    assert fleet.ages[0] == 3.5
    assert np.isnan(fleet.ages[1])


def test_stale_readings_leave_the_history_blank() -> None:
    fleet = Fleet(Steady())
    identities = make_identities(2)
    fleet.take(make_frame(identities, ageMs=[200, 60_000]), identities)
    assert not np.isnan(fleet.history()[-1, 0])
    assert np.isnan(fleet.history()[-1, 1])


def test_the_inventory_knows_the_memory_a_reading_lacks() -> None:
    fleet = Fleet()
    identities = make_identities(2)
    fleet.take(make_frame(identities, memoryTotalMb=[None, 1024]), identities)
    assert fleet.memory_total.tolist() == [81_920, 1024]


def test_a_gpu_that_came_in_between_is_shown_under_its_id() -> None:
    fleet = Fleet()
    fleet.take(make_frame(make_identities(2)), make_identities(1))
    assert RowMaker().gpus(fleet).names == ["node-00/0", "dev_1"]


def test_unknown_figures_are_last_in_both_orders() -> None:
    fleet = Fleet()
    identities = make_identities(3)
    fleet.take(make_frame(identities, powerDrawW=[None, 10.0, 20.0]), identities)
    rows = RowMaker().gpus(fleet)
    assert rows.order("", SortKey.POWER, reverse=False).tolist() == [2, 1, 0]
    assert rows.order("", SortKey.POWER, reverse=True).tolist() == [1, 2, 0]
    assert rows.order("", SortKey.NAME, reverse=True).tolist() == [2, 1, 0]


def test_nodes_are_means_sums_and_extremes_of_what_is_known() -> None:
    fleet = Fleet()
    identities = make_identities(3, per_node=2)
    frame = make_frame(
        identities,
        gpuUtilizationPct=[10.0, None, None],
        memoryUsedMb=[100, 200, None],
        temperatureC=[40.0, 60.0, None],
        powerDrawW=[1.0, None, None],
        ageMs=[100, 900, None],
        deviceStatuses=["ACTIVE", "CORDONED", "ACTIVE"],
    )
    fleet.take(frame, identities)
    rows = RowMaker().nodes(fleet)
    assert rows.names == ["node-00", "node-01"]
    assert rows.models == ["2x H100 80GB", "1x H100 80GB"]
    assert rows.statuses == ["1/2", "ACTIVE"]
    assert rows.utilization[0] == 10
    assert rows.memory_used[0] == 300
    assert rows.temperature[0] == 60
    assert rows.power[0] == 1
    assert 0.9 <= rows.ages[0] < 5
    assert rows.history[-1, 0] == 10
    for figures in (rows.utilization, rows.memory_used, rows.temperature, rows.power, rows.ages, rows.history[-1]):
        assert np.isnan(figures[1])


def test_totals_of_an_empty_fleet() -> None:
    totals = Totals.of(Fleet())
    assert (totals.gpus, totals.nodes, totals.utilization_pct, totals.newest_age_s) == (0, 0, None, None)


def test_json_has_an_object_per_gpu() -> None:
    identities = make_identities(1)
    shown = as_object(make_frame([*identities, *make_identities(2)[1:]]), identities)
    known, unknown = shown["gpus"]
    assert (known["nodeName"], known["deviceIndex"], known["ageMs"]) == ("node-00", 0, 200)
    assert (unknown["id"], unknown["nodeName"], unknown["deviceIndex"]) == ("dev_1", None, None)
