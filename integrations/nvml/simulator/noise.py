"""Randomness that depends on a key and a time only: the same second of the same fleet is always the same."""

from __future__ import annotations

import hashlib
import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Keys: TypeAlias = NDArray[np.uint64]
Floats: TypeAlias = NDArray[np.float64]

_GOLDEN = 0x9E3779B97F4A7C15
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_MASK = 0xFFFFFFFFFFFFFFFF
_TO_UNIT = 1.0 / 2**53


def keys_for(seed: int, stream: int, numbers: NDArray[np.int64]) -> Keys:
    """One independent key per number. Streams are kept apart, so that load and noise do not move together."""
    # The seed is mixed first: neighbouring seeds must not be the same fleet moved along by one GPU.
    start = _mix(_mix(np.array([(seed + 1) & _MASK], dtype=np.uint64)) + np.uint64(stream))
    return _mix(numbers.astype(np.uint64) * np.uint64(_GOLDEN) + start)


def uniform(keys: Keys, step: int = 0) -> Floats:
    """A number in [0, 1) per key, another for each step."""
    return np.asarray((_mix(keys + np.uint64(step * _GOLDEN & _MASK)) >> np.uint64(11)) * _TO_UNIT)


def smooth(keys: Keys, at: float, period: float) -> Floats:
    """A value in [0, 1) per key that wanders, with a new random target every `period` seconds."""
    step, rest = divmod(at, period)
    share = rest / period
    share = share * share * (3.0 - 2.0 * share)
    start = uniform(keys, math.floor(step))
    return np.asarray(start + (uniform(keys, math.floor(step) + 1) - start) * share)


def share_of(name: str) -> float:
    """A number in [0, 1) that belongs to a name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") / 2**32


def _mix(x: Keys) -> Keys:
    # The finaliser of SplitMix64 (Steele, Lea, Flood 2014); 64-bit products wrap, as they are meant to.
    x = (x ^ (x >> np.uint64(30))) * _MIX_1
    x = (x ^ (x >> np.uint64(27))) * _MIX_2
    return x ^ (x >> np.uint64(31))
