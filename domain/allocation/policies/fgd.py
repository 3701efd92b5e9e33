"""Fragmentation gradient descent (Weng et al., USENIX ATC'23): least growth of fragmentation.

A shape that cannot run on a node counts all of its free GPU as fragment, any other the devices whose residual is too
small for it; shapes weigh by their number. Ties as in `vfs.py`: by least free GPU, then least free CPU. FGD depends
on its tie rule: with random ties it loses several points.
"""

from __future__ import annotations

from domain.allocation.mix import MixSettings
from domain.allocation.policies.vfs import Vfs, Weights


class Fgd(Vfs):
    def __init__(self) -> None:
        super().__init__("fgd", MixSettings(with_memory=False), Weights(value=0.0, fgd_part=1.0, scarcity=0.0))
