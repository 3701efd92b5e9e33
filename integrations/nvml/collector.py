"""Finding and reading all devices of one node through one NVML session. Blocking: called from a worker thread."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime

from domain.fleet.model import CollectionSource
from domain.fleet.reports import DeviceReport, NodeReport
from domain.metrics.sample import Sample
from integrations.nvml.api import NvmlApi
from integrations.nvml.device import DeviceReader
from integrations.nvml.discovery import describe
from integrations.nvml.host import Host
from integrations.nvml.query import DeviceLost, SessionLost, query, text
from integrations.nvml.readings import Readings
from integrations.nvml.reset import Reset, ResetFailed
from integrations.nvml.session import BackOff, NvmlSession

logger = logging.getLogger(__name__)


class NodeCollector:
    """The GPUs of one node. A lost device is left out and counted; a lost driver is waited for, with back-off."""

    def __init__(
        self,
        api: NvmlApi,
        node_name: str,
        cluster_name: str,
        source: CollectionSource,
        *,
        node_ip: str | None = None,
        host: Host | None = None,
        reset: Reset | None = None,
        back_off: BackOff | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`reset` is how a GPU of this node is reset, which NVML cannot do. Without, none is."""
        self.node_name = node_name
        self.api = api
        self._cluster_name = cluster_name
        self._node_ip = node_ip
        self._host = host or Host()
        self._reset = reset
        self._source = source
        self._monotonic = monotonic
        self._session = NvmlSession(api, back_off, monotonic)
        self._readings = Readings.of(api)
        self._generation = 0
        self._driver_version: str | None = None
        self._devices: list[tuple[int, DeviceReader]] = []
        self._unreachable: dict[int, str] = {}
        """Devices the driver counts and gives no handle for: index, and why."""
        self._lost_devices: dict[str, str] = {}
        self._told: str | None = None
        self._failures = 0
        self.readable = 0
        """Devices read in the last round."""

    @property
    def failures(self) -> int:
        """Readings that should have come and did not, since start."""
        return self._failures + sum(reader.partial_failures for _, reader in self._devices)

    @property
    def trouble(self) -> str | None:
        """What is wrong with the whole node now: why its driver does not answer. None while it does."""
        return self._session.down

    @property
    def lost(self) -> dict[str, str]:
        """The single devices that cannot be read now, and why. The key is the UUID, or `index N` where it has none."""
        return self._lost_devices | {f"index {index}": why for index, why in self._unreachable.items()}

    def discover(self) -> NodeReport | None:
        """The node as its driver sees it now, or None while the driver is away: nothing is known to be gone then."""
        try:
            self._session.ensure()
            self._enumerate()
            reports = self._describe_devices()
        except SessionLost as error:
            self._session_lost(str(error))
            return None
        self._tell(None)
        return NodeReport(
            cluster_name=self._cluster_name,
            node_name=self.node_name,
            collection_source=self._source,
            devices=tuple(reports),
            node_ip=self._node_ip,
            nvidia_driver_version=self._driver_version,
            cpu_milli=self._host.cpu_milli,
            memory_mib=self._host.memory_mib,
        )

    def sample(self, timestamp: datetime, into: list[Sample]) -> None:
        """Append one sample of every device that answers."""
        try:
            if self._session.ensure() != self._generation:
                self._enumerate()
        except SessionLost as error:
            self._session_lost(str(error))
            return
        now = self._monotonic()
        before = len(into)
        for _, reader in self._devices:
            try:
                into.append(reader.read(timestamp, now))
            except DeviceLost as error:
                self._device_lost(reader, str(error))
            except SessionLost as error:
                self.readable = len(into) - before
                self._session_lost(str(error), unread=len(self._devices) - self.readable)
                return
            else:
                if reader.lost is not None:
                    self._device_found(reader)
        self._failures += len(self._unreachable)
        self.readable = len(into) - before
        if self._told is not None:
            self._tell(None)

    def knows(self, gpu_uuid: str) -> bool:
        """Whether the device was there when the driver was last asked."""
        return any(reader.uuid == gpu_uuid for _, reader in self._devices)

    def device(self, gpu_uuid: str, *, fresh: bool = False) -> DeviceReader | None:
        """A device of this node, with a handle that is valid now; `fresh`: taken anew. Raises `SessionLost`."""
        if self._session.ensure() != self._generation or fresh:
            self._enumerate()
        return next((reader for _, reader in self._devices if reader.uuid == gpu_uuid), None)

    def renew(self, why: str) -> None:
        """Give the session up as lost: the next call takes a fresh one."""
        self._session_lost(why)

    def reset_device(self, gpu_uuid: str) -> None:
        """Reset a GPU; its handle and those of its neighbours are void then. Raises `ResetFailed`."""
        index = next((index for index, reader in self._devices if reader.uuid == gpu_uuid), None)
        if self._reset is None or index is None:
            raise ResetFailed("there is no way to reset GPUs of this node")
        self._session.lost("a GPU is being reset")  # NVML has every GPU open, this one too
        self._reset(index, gpu_uuid)

    def close(self) -> None:
        self._session.close()

    def _enumerate(self) -> None:
        """Take a fresh handle of every device."""
        driver_version = text(query(self.api.nvmlSystemGetDriverVersion))
        devices: list[tuple[int, DeviceReader]] = []
        unreachable: dict[int, str] = {}
        for index in range(query(self.api.nvmlDeviceGetCount, default=0, failed=0)):
            try:
                devices.append((index, self._reader(index)))
            except DeviceLost as error:
                unreachable[index] = str(error)
                if index not in self._unreachable:
                    logger.warning("node %s: GPU %d cannot be reached: %s", self.node_name, index, error)
        # Replaced, not changed in place: another thread may be asking how things are.
        self._failures = self.failures + len(unreachable)
        self._devices, self._unreachable, self._lost_devices = devices, unreachable, {}
        self._driver_version = driver_version
        self.readable = len(devices)
        self._generation = self._session.generation

    def _reader(self, index: int) -> DeviceReader:
        handle = query(self.api.nvmlDeviceGetHandleByIndex, index)
        uuid = None if handle is None else text(query(self.api.nvmlDeviceGetUUID, handle))
        if uuid is None:
            raise DeviceLost("the driver gives no handle or no UUID for it")
        return DeviceReader(self.api, handle, uuid, self._readings, self._source)

    def _describe_devices(self) -> list[DeviceReport]:
        reports = []
        for index, reader in self._devices:
            try:
                report = describe(
                    self.api,
                    reader.handle,
                    index=index,
                    uuid=reader.uuid,
                    memory_total_mib=reader.memory_total_mib,
                    driver_version=self._driver_version,
                    mig=reader.mig,
                )
            except DeviceLost as error:
                self._device_lost(reader, str(error))
            else:
                reports.append(report)
        return reports

    def _device_lost(self, reader: DeviceReader, why: str) -> None:
        self._failures += 1
        if reader.lost is None:
            logger.warning("node %s: %s cannot be read: %s", self.node_name, reader.uuid, why)
        reader.lost = why
        self._lost_devices = {**self._lost_devices, reader.uuid: why}

    def _device_found(self, reader: DeviceReader) -> None:
        reader.lost = None
        self._lost_devices = {uuid: why for uuid, why in self._lost_devices.items() if uuid != reader.uuid}
        logger.info("node %s: %s answers again", self.node_name, reader.uuid)

    def _session_lost(self, why: str, unread: int | None = None) -> None:
        self._session.lost(why)
        self._failures += max(1, len(self._devices) if unread is None else unread)
        self.readable = 0
        self._tell(why)

    def _tell(self, trouble: str | None) -> None:
        if trouble == self._told:
            return
        if trouble is None:
            logger.info("node %s: NVML answers again, %d GPUs", self.node_name, len(self._devices))
        else:
            logger.warning("node %s: NVML does not answer: %s", self.node_name, trouble)
        self._told = trouble
