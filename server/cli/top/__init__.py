"""`gpuctl top`: the whole fleet, live, in a terminal."""

from server.cli.top.command import top

__all__ = ["top"]
