"""Under which names an agent reports what its source found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from domain.fleet.model import CollectionSource
from domain.fleet.reports import NodeReport


@dataclass(frozen=True, slots=True)
class Naming:
    """The names the operator gave; None keeps the source's own."""

    node_name: str | None = None
    cluster_name: str | None = None

    def applied(self, reports: Sequence[NodeReport]) -> list[NodeReport]:
        """The reports as they are sent. Several nodes under one given name get the source's name behind it."""
        return [
            replace(
                report,
                node_name=self._node_name(report.node_name, alone=len(reports) == 1),
                cluster_name=self.cluster_name or report.cluster_name,
                collection_source=_label(report.collection_source),
            )
            for report in reports
        ]

    def _node_name(self, found: str, *, alone: bool) -> str:
        if self.node_name is None:
            return found
        return self.node_name if alone else f"{self.node_name}-{found}"


def _label(source: CollectionSource) -> CollectionSource:
    # Simulated readings always say so.
    return source if source is CollectionSource.SIMULATED else CollectionSource.AGENT
