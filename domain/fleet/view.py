"""The inventory in memory: what queries and the live path read, kept true to the database.

Reading 10,000 joined rows for every query and every tick would make the database the bottleneck of the
live path. Instead each process holds the object graph and follows the change record: one cheap statement
asks for the newest sequence number, and only nodes with newer changes are read again. A query first makes
sure that it sees every commit made before it arrived; while the database is away it is served from memory.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import time
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from domain.allocation.lifecycle import HOLDING, LIVE
from domain.allocation.model import Allocation, Quota, QuotaScope
from domain.errors import Unavailable
from domain.fleet.changes import ChangeKind, InventoryChange
from domain.fleet.model import GpuDevice, GpuModel, GpuNode
from domain.fleet.ports import InventoryReader, StoredInventory, Touched
from domain.mig.commands import OPEN_STATUSES, CommandRecord
from domain.mig.model import MigInstance, OfferedProfile

logger = logging.getLogger(__name__)

CHANGES_PER_READ = 500
"""More changes than this at once are caught up by reading the whole inventory again."""

RETRY_AFTER_S = 1.0
"""While the database is away, queries probe it at most this often; the others are served from memory."""

QUERY_WAIT_S = 2.0
"""How long a query waits for the database before it is served from memory."""


@dataclass(frozen=True, slots=True)
class InventoryDelta:
    """What one refresh brought. `devices` are the changed ones as they are now; all of them on a full load."""

    sequence: int
    full: bool
    devices: Sequence[GpuDevice]
    removed_device_ids: Sequence[str]
    changes: Sequence[InventoryChange]
    allocations: Sequence[Allocation] = ()
    """Those that changed, as they are now, ended ones included; none on a full load."""


class InventoryView:
    """All models, nodes and devices of the fleet, and what is held of them, in memory. Used from one event loop."""

    def __init__(self, reader: InventoryReader) -> None:
        self._reader = reader
        self._models: dict[str, GpuModel] = {}
        self._nodes: dict[str, GpuNode] = {}
        self._devices: dict[str, GpuDevice] = {}
        self._by_uuid: dict[str, GpuDevice] = {}
        self._by_node: dict[str, dict[str, GpuDevice]] = {}
        self._instances: dict[str, MigInstance] = {}
        self._ordered: tuple[GpuDevice, ...] | None = ()
        self._profiles: dict[str, dict[str, OfferedProfile]] = {}
        self._allocations: dict[str, Allocation] = {}
        self._holders: dict[str, dict[str, Allocation]] = {}
        """By device: the allocations that hold a part of it."""
        self._commands: dict[str, CommandRecord] = {}
        self._commands_of: dict[str, tuple[CommandRecord, ...]] = {}
        """By device, oldest first."""
        self._quotas: dict[tuple[QuotaScope, str], Quota] = {}
        self._listeners: list[Callable[[InventoryDelta], None]] = []
        self._lock = asyncio.Lock()
        self._next_refresh: asyncio.Task[None] | None = None
        self._failed_at: float | None = None
        self._commit_token: Hashable | None = None
        self.revision = -1
        """Sequence number of the newest change seen; -1 before the first load."""
        self.version = 0
        """Counts the changes of the set of objects in this process: key for caches of selections."""
        self.unavailable: str | None = None
        """Why the database could not be read the last time it was tried; None: it could."""

    # -- reading

    @property
    def loaded(self) -> bool:
        return self.revision >= 0

    @property
    def devices(self) -> tuple[GpuDevice, ...]:
        """All devices in fleet order: cluster, node, index."""
        if self._ordered is None:
            self._ordered = tuple(sorted(self._devices.values(), key=fleet_position))
        return self._ordered

    @property
    def nodes(self) -> Iterable[GpuNode]:
        return self._nodes.values()

    @property
    def models(self) -> Iterable[GpuModel]:
        return self._models.values()

    def device(self, device_id: str) -> GpuDevice | None:
        return self._devices.get(device_id)

    def device_by_uuid(self, gpu_uuid: str) -> GpuDevice | None:
        return self._by_uuid.get(gpu_uuid)

    def instance(self, mig_id: str) -> MigInstance | None:
        """A MIG instance of any device."""
        return self._instances.get(mig_id)

    @property
    def instances(self) -> Collection[MigInstance]:
        return self._instances.values()

    def devices_of_node(self, node_id: str) -> list[GpuDevice]:
        """In order of their index."""
        return sorted(self._by_node.get(node_id, {}).values(), key=fleet_position)

    def node(self, node_id: str) -> GpuNode | None:
        return self._nodes.get(node_id)

    def model(self, model_id: str) -> GpuModel | None:
        return self._models.get(model_id)

    def profiles_of(self, model_id: str) -> Mapping[str, OfferedProfile]:
        """The MIG profiles of a product by name."""
        return self._profiles.get(model_id, {})

    @property
    def allocations(self) -> Collection[Allocation]:
        """The live ones: what is held, being made or waited for."""
        return self._allocations.values()

    def allocation(self, allocation_id: str) -> Allocation | None:
        """A live one; ended ones are in the archive."""
        return self._allocations.get(allocation_id)

    @property
    def commands(self) -> Collection[CommandRecord]:
        """Those that are not finished."""
        return self._commands.values()

    def command(self, command_id: str) -> CommandRecord | None:
        """One that is not finished."""
        return self._commands.get(command_id)

    @property
    def first_commands(self) -> Collection[CommandRecord]:
        """Of each device the oldest that is not finished: the others wait for it."""
        return [commands[0] for commands in self._commands_of.values()]

    def commands_of(self, device_id: str) -> Sequence[CommandRecord]:
        """Those of a device that are not finished, oldest first."""
        return self._commands_of.get(device_id, ())

    @property
    def quotas(self) -> Collection[Quota]:
        return self._quotas.values()

    def quota(self, scope: QuotaScope, name: str) -> Quota | None:
        return self._quotas.get((scope, name))

    # -- following the database

    def on_change(self, listener: Callable[[InventoryDelta], None]) -> Callable[[], None]:
        """Call `listener` after every refresh that changed something; returns how to stop it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def ensure_current(self) -> None:
        """Return when the view holds every commit made before this call, or the database proves to be away.

        Concurrent callers share one refresh, but only one that starts after they came.
        Raises `Unavailable` only where nothing was ever loaded.
        """
        if self._commit_token is not None and self._reader.commit_token() == self._commit_token:
            return
        if self._failed_at is not None and time.monotonic() - self._failed_at < RETRY_AFTER_S and self.loaded:
            return
        try:
            async with asyncio.timeout(QUERY_WAIT_S):
                await self.refresh()
        except (Unavailable, TimeoutError) as error:
            if not self.loaded:
                raise Unavailable("the database cannot be read and nothing was read from it before") from error

    async def refresh(self) -> None:
        """Catch up with the database. Raises `Unavailable` while it is away."""
        if self._next_refresh is None:
            self._next_refresh = asyncio.create_task(
                self._refresh_next(), name="inventory-refresh", context=contextvars.Context()
            )
        await asyncio.shield(self._next_refresh)

    async def catch_up(self, revision: int) -> None:
        """As `refresh`, for one who knows that this is the newest revision."""
        async with self._lock:
            await self._read_and_announce(revision)

    async def follow(
        self, changes: Sequence[InventoryChange], allocations: Sequence[Allocation], revision: int
    ) -> None:
        """Take in what this process has just committed, without reading it back.

        `changes` are all of the commit that ended at `revision`, and they concern nothing but these allocations.
        """
        async with self._lock:
            first = revision - len(changes) + 1
            if self.revision == first - 1:
                numbered = [replace(change, sequence=first + place) for place, change in enumerate(changes)]
                part = StoredInventory(revision, (), (), (), allocations=allocations)
                self._announce(self._apply_changes(numbered, part))
                return
        await self.refresh()

    async def _refresh_next(self) -> None:
        async with self._lock:
            self._next_refresh = None  # whoever comes from here on may have committed after our read
            await self._read_and_announce(None)

    async def _read_and_announce(self, newest: int | None) -> None:
        token = self._reader.commit_token()
        try:
            delta = await self._read_delta(newest)
        except Unavailable as error:
            self._commit_token = None
            self._failed_at = time.monotonic()
            self.unavailable = error.message
            raise
        self._failed_at = None
        self._commit_token = token
        self.unavailable = None
        if delta is not None:
            self._announce(delta)

    async def _read_delta(self, newest: int | None) -> InventoryDelta | None:
        if newest is None:
            newest = await self._reader.revision()
        if newest == self.revision:
            return None
        if self.loaded and newest > self.revision:
            changes, part = await self._reader.since(self.revision, CHANGES_PER_READ)
            if part is not None and changes[0].sequence == self.revision + 1:
                return self._apply_changes(changes, part)
        return self._replace_all(await self._reader.load())

    def _replace_all(self, stored: StoredInventory) -> InventoryDelta:
        gone = self._devices.keys() - {device.id for device in stored.devices}
        before = self._devices
        self._models = {model.id: model for model in stored.models}
        self._nodes = {node.id: node for node in stored.nodes}
        self._devices = {}
        self._by_uuid = {}
        self._by_node = {}
        self._instances = {}
        self._adopt(stored.devices, before)
        self._profiles = _by_model(stored.profiles)
        self._quotas = {(quota.scope, quota.name): quota for quota in stored.quotas}
        self._commands = {command.id: command for command in stored.commands}
        self._index_commands()
        self._allocations, self._holders = {}, {}
        self._apply_allocations(stored.allocations)
        self._join_allocations(self._devices)
        self.revision = stored.revision
        return InventoryDelta(stored.revision, True, stored.devices, tuple(gone), ())

    def _apply_changes(self, changes: Sequence[InventoryChange], part: StoredInventory) -> InventoryDelta:
        for model in part.models:
            self._models.setdefault(model.id, model)
        looked_at = touched_by(changes)
        touched = looked_at.node_ids
        before = {id_: device for node_id in touched for id_, device in self._by_node.pop(node_id, {}).items()}
        for device in before.values():
            del self._devices[device.id]
            self._forget_instances(device)
            self._by_uuid.pop(device.gpu_uuid, None)
        for node_id in touched:
            self._nodes.pop(node_id, None)
        self._nodes.update((node.id, node) for node in part.nodes)
        moved_in = {d.id: self._devices[d.id] for d in part.devices if d.id in self._devices}
        self._adopt(part.devices, before | moved_in)
        if looked_at.models:
            self._profiles = _by_model(part.profiles)
        if looked_at.quotas:
            self._quotas = {(quota.scope, quota.name): quota for quota in part.quotas}
        for command in part.commands:
            self._commands.pop(command.id, None)
            if command.status in OPEN_STATUSES:
                self._commands[command.id] = command
        if part.commands:
            self._index_commands()
        held = self._apply_allocations(part.allocations)
        self._join_allocations(held | {device.id for device in part.devices})
        self.revision = changes[-1].sequence
        gone = before.keys() - self._devices.keys()
        named = {change.entity_id for change in changes} | held
        changed = [d for d in self._devices_named(part.devices, held) if d.id in named or d.node.id in named]
        return InventoryDelta(self.revision, False, changed, tuple(gone), changes, part.allocations)

    def _index_commands(self) -> None:
        found: dict[str, list[CommandRecord]] = {}
        for command in sorted(self._commands.values(), key=lambda command: (command.created_date, command.id)):
            found.setdefault(command.device_id, []).append(command)
        self._commands_of = {device_id: tuple(commands) for device_id, commands in found.items()}

    def _apply_allocations(self, allocations: Sequence[Allocation]) -> set[str]:
        """Take these in; return the devices that they hold now or held before."""
        touched: set[str] = set()
        for allocation in allocations:
            old = self._allocations.pop(allocation.id, None)
            for device_id in () if old is None else old.device_ids:
                self._holders[device_id].pop(allocation.id, None)
            touched |= allocation.device_ids if old is None else allocation.device_ids | old.device_ids
            if allocation.status in LIVE:
                self._allocations[allocation.id] = allocation
            if allocation.status in HOLDING:
                for device_id in allocation.device_ids:
                    self._holders.setdefault(device_id, {})[allocation.id] = allocation
        return touched

    def _join_allocations(self, device_ids: Iterable[str]) -> None:
        """Give these devices the allocations that hold a part of them."""
        for device_id in device_ids:
            if (device := self._devices.get(device_id)) is not None:
                device.allocations = tuple(self._holders.get(device_id, {}).values())

    def _devices_named(self, loaded: Sequence[GpuDevice], held: set[str]) -> list[GpuDevice]:
        known = {device.id for device in loaded}
        return [*loaded, *(self._devices[id_] for id_ in sorted(held - known) if id_ in self._devices)]

    def _adopt(self, devices: Sequence[GpuDevice], before: dict[str, GpuDevice]) -> None:
        for device in devices:
            device.model = self._models[device.model.id]
            if (old := before.get(device.id)) is not None:
                device.latest_metric = old.latest_metric
                self._by_node.get(old.node.id, {}).pop(old.id, None)
                self._forget_instances(old)
            self._instances.update((instance.id, instance) for instance in device.mig_instances)
            self._by_node.setdefault(device.node.id, {})[device.id] = device
            self._devices[device.id] = device
            self._by_uuid[device.gpu_uuid] = device
        self._ordered = None

    def _forget_instances(self, device: GpuDevice) -> None:
        for instance in device.mig_instances:
            self._instances.pop(instance.id, None)

    def _announce(self, delta: InventoryDelta) -> None:
        self.version += 1
        for listener in tuple(self._listeners):
            try:
                listener(delta)
            except Exception:
                logger.exception("an inventory listener failed")


def fleet_position(device: GpuDevice) -> tuple[str, str, int, str]:
    """Where a device stands in the fleet's natural order."""
    node = device.node
    return (node.cluster_name, node.node_name, device.device_index, device.id)


def touched_by(changes: Sequence[InventoryChange]) -> Touched:
    """What a reader has to look at again after these changes."""
    kinds = {change.kind for change in changes}
    return Touched(
        node_ids=frozenset(change.node_id for change in changes if change.node_id is not None),
        allocation_ids=_entities(changes, ChangeKind.ALLOCATION_CHANGED),
        command_ids=_entities(changes, ChangeKind.COMMAND_CHANGED),
        models=not kinds.isdisjoint({ChangeKind.MODEL_REGISTERED, ChangeKind.PROFILES_REPORTED}),
        quotas=ChangeKind.QUOTA_CHANGED in kinds,
    )


def _entities(changes: Sequence[InventoryChange], kind: ChangeKind) -> frozenset[str]:
    return frozenset(change.entity_id for change in changes if change.kind is kind)


def _by_model(profiles: Sequence[OfferedProfile]) -> dict[str, dict[str, OfferedProfile]]:
    found: dict[str, dict[str, OfferedProfile]] = {}
    for profile in profiles:
        found.setdefault(profile.model_id, {})[profile.profile_name] = profile
    return found
