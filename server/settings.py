"""Every setting, its default and bounds. Read once from the environment (`GPU_...`); `gpuctl config` prints them."""

from __future__ import annotations

import ipaddress
import socket
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import platformdirs
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.allocation.policies.registry import DEFAULT_POLICY, POLICY_NAMES


class Collector(StrEnum):
    """Where this process reads GPUs."""

    AUTO = "auto"
    NVML = "nvml"
    SIMULATED = "simulated"
    NONE = "none"


class AuthMode(StrEnum):
    """Whether a request without a token is let in."""

    DEV = "dev"
    TOKEN = "token"  # noqa: S105 - the name of a mode


class Settings(BaseSettings):
    """The environment, typed. A wrong value is refused at start with the variable's name."""

    model_config = SettingsConfigDict(env_prefix="GPU_", frozen=True, extra="ignore")

    data_dir: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("gpuctl", appauthor=False)),
        description="Where the embedded database and the generated signing key live.",
    )
    database_url: str | None = Field(
        default=None,
        description="sqlite:///FILE, postgresql://..., oracle://...; unset: an SQLite file in GPU_DATA_DIR.",
    )
    broker_url: str = Field(
        default="memory://", description="memory:// (one process) or redis://HOST:PORT/DB (several replicas)."
    )
    collector: Collector = Field(
        default=Collector.AUTO,
        description="auto: this machine's GPUs, else a simulated fleet; nvml; simulated; none (agents report).",
    )
    simulated_gpus: Annotated[int, Field(ge=1, le=10_000)] | None = Field(
        default=None, description="Size of the simulated fleet, in nodes of 8; unset: 20 GPUs on three nodes."
    )
    simulated_mig_gpus: Annotated[int, Field(ge=0, le=10_000)] | None = Field(
        default=None,
        description="Simulated GPUs that begin in MIG mode, idle; unset: three H100, none of a fleet of another size.",
    )
    simulated_seed: int = Field(default=1, description="The same seed gives the same simulated fleet and loads.")
    simulated_faults: str = Field(default="", description="Faults to inject, for example lost:3@30s,thermal:5.")
    sample_interval: float = Field(
        default=1.0, ge=0.01, le=3600, description="Seconds between readings, and between frames."
    )
    cluster_name: str = Field(default="default", description="Name of the cluster this machine's GPUs belong to.")
    node_name: str = Field(
        default_factory=lambda: socket.gethostname().lower().replace("_", "-"),
        description="Name of this machine as a node; unset: its host name.",
    )
    auth_mode: AuthMode = Field(
        default=AuthMode.DEV, description="dev: a request without a token acts as ADMIN; token: it is refused."
    )
    auth_secret: SecretStr | None = Field(
        default=None, description="Key that signs tokens, 32 characters or more; unset: generated in GPU_DATA_DIR."
    )
    dev_anywhere: bool = Field(
        default=False, description="Allow GPU_AUTH_MODE=dev on addresses other than loopback. For closed networks only."
    )
    sample_future_seconds: float = Field(default=30, ge=0, description="How far ahead a sample's clock may be.")
    sample_age_seconds: float = Field(default=86_400, ge=1, description="How old a sample may be.")
    node_silent_seconds: float = Field(
        default=180, ge=60, description="A node that nothing has reported for this long is OFFLINE."
    )
    placement_policy: str = Field(
        default=DEFAULT_POLICY,
        pattern=f"^({'|'.join(POLICY_NAMES)})$",
        description=f"How a GPU is chosen among those that fit: {', '.join(POLICY_NAMES)}.",
    )
    head_limit_bytes: int = Field(default=64 * 1024, ge=1024, description="Largest request line and headers together.")
    head_timeout_seconds: float = Field(
        default=10, gt=0, description="How long a connection may take to send the head of a request."
    )
    body_limit_bytes: int = Field(default=2 * 1024 * 1024, ge=1024, description="Largest HTTP request body.")
    socket_message_limit_bytes: int = Field(default=128 * 1024, ge=1024, description="Largest WebSocket message taken.")
    sockets_max: int = Field(default=5_000, ge=1, description="Open WebSockets of one process.")
    subscriptions_per_socket: int = Field(default=50, ge=1, description="Operations running on one WebSocket.")
    cohorts_max: int = Field(default=1_000, ge=1, description="Different subscriptions executing in one process.")
    socket_init_seconds: float = Field(default=10, gt=0, description="How long a WebSocket may take to say who it is.")
    send_timeout_seconds: float = Field(
        default=30, gt=0, description="A subscriber that takes nothing for this long is disconnected."
    )
    operation_timeout_seconds: float = Field(default=30, gt=0, description="Longest query or mutation.")
    shutdown_seconds: float = Field(default=5, ge=0, description="How long open subscriptions get to complete at exit.")
    allowed_origins: tuple[str, ...] = Field(
        default=(), description='Web origins besides our own that may connect, as JSON: ["https://a.example"].'
    )
    log_format: str = Field(default="auto", pattern="^(auto|json|text)$", description="auto: text on a terminal.")
    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="Least level logged.")

    @property
    def resolved_database_url(self) -> str:
        """The database to use; with none configured, one SQLite file per data directory."""
        return self.database_url or f"sqlite:///{self.data_dir / 'fleet.db'}"


def check_dev_mode(settings: Settings, host: str) -> None:
    """Raise `ValueError` where dev mode would hand the fleet to a network."""
    if settings.auth_mode is AuthMode.DEV and not settings.dev_anywhere and not _is_loopback(host):
        raise ValueError(
            f"GPU_AUTH_MODE=dev lets every request act as ADMIN, so it listens on loopback only, not on {host}. "
            "Set GPU_AUTH_MODE=token, or GPU_DEV_ANYWHERE=true on a closed network."
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
