"""Which reports are due, and under which names."""

from __future__ import annotations

from dataclasses import replace

from domain.fleet.model import CollectionSource
from server.agent.inventory import NodeReports
from server.agent.naming import Naming
from tests.unit.server.agent.fakes import make_report, make_sample


def test_a_report_is_due_until_it_is_acknowledged() -> None:
    reports = NodeReports(every_s=60)
    first = make_report()
    reports.discovered([first])
    assert reports.due(0.0) == [first]
    assert reports.due(1.0) == [first]
    reports.acknowledge(first, 1.0)
    assert reports.due(60.9) == []
    assert reports.due(61.0) == [first]


def test_the_newest_report_is_due_when_it_differs() -> None:
    reports = NodeReports()
    reports.discovered([make_report(gpus=2)])
    newest = make_report(gpus=3)
    reports.discovered([newest])
    reports.acknowledge(make_report(gpus=2), 0.0)  # the answer to the one before comes late
    assert reports.due(0.0) == [newest]


def test_a_node_the_server_does_not_know_is_reported_again() -> None:
    reports = NodeReports()
    report = make_report()
    reports.discovered([report])
    reports.acknowledge(report, 0.0)
    reports.forget(("east", "n1"))
    assert reports.due(0.0) == [report]
    assert not reports.is_reported(("east", "n1"))


def test_a_node_whose_driver_is_away_is_not_repeated_and_not_forgotten() -> None:
    reports = NodeReports(every_s=60)
    report = make_report()
    reports.discovered([report])
    reports.acknowledge(report, 0.0)
    reports.discovered([])
    assert reports.due(100.0) == []
    assert reports.is_reported(("east", "n1"))
    reports.discovered([report])
    assert reports.due(100.0) == [report]


def test_a_refused_report_waits_for_a_change_or_a_minute() -> None:
    reports = NodeReports(every_s=60)
    report = make_report()
    reports.discovered([report])
    reports.refuse(report, 0.0)
    assert reports.due(59.0) == []
    assert reports.due(60.0) == [report]
    changed = make_report(gpus=1)
    reports.discovered([changed])
    assert reports.due(1.0) == [changed]


def test_samples_go_to_the_node_that_listed_their_device() -> None:
    reports = NodeReports()
    reports.discovered([make_report("n1"), make_report("n2")])
    one, two, other = make_sample("GPU-n1-0000"), make_sample("GPU-n2-0001"), make_sample("GPU-new")
    assert reports.by_node([one, two, other]) == {("east", "n1"): [one], ("east", "n2"): [two]}


def test_without_names_the_sources_are_kept() -> None:
    report = make_report()
    assert Naming().applied([report]) == [report]


def test_a_single_node_gets_the_given_name_and_keeps_it() -> None:
    naming = Naming("rack-1", "west")
    (named,) = naming.applied([make_report()])
    assert (named.node_name, named.cluster_name) == ("rack-1", "west")
    first, second = naming.applied([make_report("n1"), make_report("n2")])
    assert (first.node_name, second.node_name) == ("rack-1", "rack-1-n2")


def test_of_several_nodes_each_keeps_its_own_name_behind() -> None:
    naming = Naming("rack-1")
    assert [r.node_name for r in naming.applied([make_report("n1"), make_report("n2")])] == ["rack-1-n1", "rack-1-n2"]
    assert [r.node_name for r in naming.applied([make_report("n2")])] == ["rack-1-n2"]


def test_an_agents_readings_are_labelled_and_simulated_ones_stay_so() -> None:
    nvml = replace(make_report(), collection_source=CollectionSource.NVML)
    simulated = replace(make_report(), collection_source=CollectionSource.SIMULATED)
    assert Naming().applied([nvml])[0].collection_source is CollectionSource.AGENT
    assert Naming().applied([simulated])[0].collection_source is CollectionSource.SIMULATED
