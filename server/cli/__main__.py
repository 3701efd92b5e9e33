"""`python -m server.cli`: the same as `gpuctl`."""

from server.cli import main

main()
