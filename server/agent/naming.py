"""Under which names an agent reports what its source found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from domain.fleet.model import CollectionSource
from domain.fleet.reports import NodeReport


class Naming:
    """Applies the names the operator gave; None keeps the source's own. A node keeps the name it was given first."""

    def __init__(self, node_name: str | None = None, cluster_name: str | None = None) -> None:
        self._node_name = node_name
        self._cluster_name = cluster_name
        self._names: dict[str, str] = {}

    def applied(self, reports: Sequence[NodeReport]) -> list[NodeReport]:
        """The reports as they are sent. Of several nodes under one given name, each has its own name behind it."""
        alone = len(reports) == 1 and not self._names
        return [
            replace(
                report,
                node_name=self._names.setdefault(report.node_name, self._name_for(report.node_name, alone=alone)),
                cluster_name=self._cluster_name or report.cluster_name,
                collection_source=_label(report.collection_source),
            )
            for report in reports
        ]

    def _name_for(self, found: str, *, alone: bool) -> str:
        if self._node_name is None:
            return found
        return self._node_name if alone else f"{self._node_name}-{found}"


def _label(source: CollectionSource) -> CollectionSource:
    # Simulated readings always say so.
    return source if source is CollectionSource.SIMULATED else CollectionSource.AGENT
