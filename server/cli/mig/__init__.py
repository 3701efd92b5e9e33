"""`gpuctl mig`: how GPUs are partitioned, what a change would take, and the change."""

from server.cli.mig.command import mig

__all__ = ["mig"]
