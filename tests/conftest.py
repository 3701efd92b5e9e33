"""Fixtures shared by all tests. Real servers are started once per run, on free ports, and stopped at its end."""

pytest_plugins = ["tests.fixtures.databases", "tests.fixtures.redis_server", "tests.fixtures.gpuctl"]
