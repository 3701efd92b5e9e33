"""Handles of GPU instances, compute instances and MIG devices: opaque pointers, each to be recognised again.

Addresses are never given twice, so a handle of something destroyed, or of another session, is known for what it is.
"""

from __future__ import annotations

import ctypes
import itertools
from typing import Any, Generic, TypeVar

import pynvml

T = TypeVar("T")
H = TypeVar("H")

_addresses = itertools.count(0x7F00_0000_0000, 0x10)


class GpuInstanceHandle(pynvml.c_nvmlGpuInstance_t):  # type: ignore[misc, valid-type]
    """A GPU instance's handle as the binding declares it."""

    _type_ = pynvml.struct_c_nvmlGpuInstance_t


class ComputeInstanceHandle(pynvml.c_nvmlComputeInstance_t):  # type: ignore[misc, valid-type]
    """A compute instance's handle as the binding declares it."""

    _type_ = pynvml.struct_c_nvmlComputeInstance_t


class Handles(Generic[T, H]):
    """The handles of one kind of thing in one session."""

    def __init__(self, kind: type[H]) -> None:
        self._kind: Any = kind
        self._addresses: dict[T, int] = {}
        self._things: dict[int, T] = {}

    def of(self, thing: T) -> H:
        """The thing's handle, the same one each time."""
        address = self._addresses.get(thing)
        if address is None:
            address = self._addresses[thing] = next(_addresses)
            self._things[address] = thing
        handle: H = ctypes.cast(address, self._kind)
        return handle

    def thing(self, handle: Any) -> T | None:
        """What a handle stands for, even if that has been destroyed since; None where it is no such handle."""
        return self._things.get(ctypes.cast(handle, ctypes.c_void_p).value or 0)

    def clear(self) -> None:
        self._addresses.clear()
        self._things.clear()


def pointed_at(reference: Any) -> Any:
    """The object behind `byref(x)`, a pointer, or the object itself: the binding passes on whichever it is given."""
    if hasattr(reference, "_obj"):
        return reference._obj
    return reference.contents if isinstance(reference, ctypes._Pointer) else reference


def fill(values: list[Any], array: Any, count: Any) -> None:
    """Write a list as NVML does: its length always, its items where there is an array, which has to be long enough."""
    if array is not None:
        target = pointed_at(array)
        for position, value in enumerate(values):
            target[position] = value
    pointed_at(count).value = len(values)
