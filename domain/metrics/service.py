"""Taking samples from outside: who may send them, for which node, and what came of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.access.policy import Permission, authorise, authorise_node
from domain.access.principal import Principal
from domain.clock import Clock, utc_now
from domain.errors import InvalidInput, NotFound
from domain.fleet.model import node_id_for
from domain.fleet.requests import check_node_name
from domain.fleet.view import InventoryView
from domain.metrics.live import IngestOutcome, LiveState
from domain.metrics.sample import GpuMetric, Sample

SAMPLES_PER_BATCH_MAX = 10_000


@dataclass(frozen=True, slots=True)
class SamplesRecorded:
    """What became of a batch; `server_time` lets an agent notice that its clock is wrong."""

    outcome: IngestOutcome
    server_time: datetime


class MetricService:
    """The write side of the live path for readings that come over the API."""

    def __init__(
        self,
        view: InventoryView,
        live: LiveState,
        share: Callable[[Sequence[GpuMetric]], None] = lambda metrics: None,
        clock: Clock = utc_now,
    ) -> None:
        """`share` is given what was accepted, to tell the other replicas."""
        self._view = view
        self._live = live
        self._share = share
        self._clock = clock

    async def record_samples(
        self, actor: Principal, cluster_name: str, node_name: str, samples: Sequence[Sample]
    ) -> SamplesRecorded:
        """Apply one node's batch, oldest sample first. A bad sample is refused by itself.

        Raises `Forbidden`, `InvalidInput` (batch too large) or `NotFound` (a node that was never reported).
        """
        authorise(actor, Permission.RECORD_SAMPLES)
        check_node_name(cluster_name, node_name)
        authorise_node(actor, cluster_name, node_name)
        if len(samples) > SAMPLES_PER_BATCH_MAX:
            raise InvalidInput(
                f"at most {SAMPLES_PER_BATCH_MAX:,} samples in a batch, not {len(samples):,}", path=("samples",)
            )
        node_id = node_id_for(cluster_name, node_name)
        if self._view.node(node_id) is None or any(self._view.device_by_uuid(s.gpu_uuid) is None for s in samples):
            await self._view.ensure_current()  # registered at another replica a moment ago, perhaps
        if self._view.node(node_id) is None:
            raise NotFound(f"node {node_name!r} of cluster {cluster_name!r} was never reported", path=("nodeName",))
        outcome = self._live.ingest(samples, node_id)
        self._share(outcome.metrics)
        return SamplesRecorded(outcome, self._clock())
