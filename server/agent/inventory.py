"""What the server has to be told about the nodes: always the newest report, until it is acknowledged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from domain.fleet.reports import NodeReport
from domain.metrics.sample import Sample
from domain.mig.reports import MigReport
from server.agent.buffer import NodeKey

REPORT_EVERY_S = 60.0


class NodeReports:
    """The newest report of each node, and which the server has acknowledged when."""

    def __init__(self, every_s: float = REPORT_EVERY_S) -> None:
        self._every_s = every_s
        self._newest: dict[NodeKey, NodeReport] = {}
        self._acknowledged: dict[NodeKey, tuple[NodeReport, float]] = {}
        self._refused: dict[NodeKey, tuple[NodeReport, float]] = {}
        self._absent: set[NodeKey] = set()
        self._node_of: dict[str, NodeKey] = {}

    def discovered(self, reports: Sequence[NodeReport]) -> None:
        """Take in a discovery. A node that is missing from it keeps its last report, which is not repeated."""
        for report in reports:
            key = key_of(report)
            self._newest[key] = report
            for device in report.devices:
                self._node_of[device.gpu_uuid] = key
        self._absent = self._newest.keys() - {key_of(report) for report in reports}

    def layout_changed(self, gpu_uuid: str, mig: MigReport) -> None:
        """Put what a command left on a GPU into its node's report: an older reading must not undo it."""
        node = self._node_of.get(gpu_uuid)
        if node is None:
            return
        report = self._newest[node]
        devices = tuple(replace(each, mig=mig) if each.gpu_uuid == gpu_uuid else each for each in report.devices)
        self._newest[node] = replace(report, devices=devices)

    def due(self, now: float) -> list[NodeReport]:
        """The reports to send now: those that differ from what the server has, and those of a minute ago."""
        return [report for key, report in self._newest.items() if self._is_due(key, report, now)]

    def acknowledge(self, report: NodeReport, now: float) -> None:
        self._acknowledged[key_of(report)] = (report, now)

    def refuse(self, report: NodeReport, now: float) -> None:
        """The server will not have this report: send it again when it has changed, or in a minute."""
        self._refused[key_of(report)] = (report, now)

    def forget(self, node: NodeKey) -> None:
        """The server does not know this node, or not all of its devices: report it again."""
        self._acknowledged.pop(node, None)

    def is_reported(self, node: NodeKey) -> bool:
        return node in self._acknowledged

    def by_node(self, samples: Iterable[Sample]) -> dict[NodeKey, list[Sample]]:
        """Sort samples by the node that reported their device. One of a device never reported is left out."""
        sorted_samples: dict[NodeKey, list[Sample]] = {}
        for sample in samples:
            node = self._node_of.get(sample.gpu_uuid)
            if node is not None:
                sorted_samples.setdefault(node, []).append(sample)
        return sorted_samples

    @property
    def nodes(self) -> Sequence[NodeKey]:
        return tuple(self._newest)

    def source_of(self, node: NodeKey) -> str:
        """How the node's readings are labelled."""
        return self._newest[node].collection_source.value

    def _is_due(self, key: NodeKey, report: NodeReport, now: float) -> bool:
        refused, refused_at = self._refused.get(key, (None, 0.0))
        if refused == report and now - refused_at < self._every_s:
            return False
        if key not in self._acknowledged:
            return True
        acknowledged, at = self._acknowledged[key]
        return acknowledged != report or (key not in self._absent and now - at >= self._every_s)


def key_of(report: NodeReport) -> NodeKey:
    return report.cluster_name, report.node_name
