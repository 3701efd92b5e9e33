"""The command `gpuctl`, installed also as `kubectl-gpu`."""


def main() -> None:
    """Run the command and end the process with its exit code."""
    from server.cli.app import run

    run()
