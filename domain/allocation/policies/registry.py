"""The placement policies by name."""

from __future__ import annotations

from collections.abc import Callable

from domain.allocation.mix import MixSettings
from domain.allocation.policies.base import Policy
from domain.allocation.policies.best_fit import BestFit
from domain.allocation.policies.fgd import Fgd
from domain.allocation.policies.first_fit import FirstFit
from domain.allocation.policies.mig import BEST_FIT, FILL, FIRST_FIT, FRAG_FGD, MigPolicy
from domain.allocation.policies.vfs import Vfs, Weights

DEFAULT_POLICY = "vfs-fair"


def _vfs() -> Policy:
    return Vfs("vfs", MixSettings(kept_share=0.98, with_memory=False, with_value=True), Weights())


def _vfs_fair() -> Policy:
    return Vfs("vfs-fair", MixSettings(with_value=True), Weights(scarcity=2.0, large=0.3, model_prior=3.0))


_POLICIES: dict[str, Callable[[], Policy]] = {
    "first-fit": FirstFit,
    "best-fit": BestFit,
    "fgd": Fgd,
    "vfs": _vfs,
    "vfs-fair": _vfs_fair,
}
POLICY_NAMES = tuple(_POLICIES)
_MIG: dict[str, MigPolicy] = {"first-fit": FIRST_FIT, "best-fit": BEST_FIT, "fgd": FRAG_FGD}


def mig_policy_for(name: str) -> MigPolicy:
    """The rule for MIG instances that goes with a policy for devices and shares."""
    return _MIG.get(name, FILL)


def policy_named(name: str) -> Policy:
    """A new policy that has learned nothing yet. Raises `ValueError` for a name that is not in `POLICY_NAMES`."""
    try:
        return _POLICIES[name]()
    except KeyError:
        raise ValueError(f"no policy {name!r}: there are {', '.join(POLICY_NAMES)}") from None
