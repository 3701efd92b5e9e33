"""Build the wheel, install it into an empty environment, start it there, and see that nothing is left behind.

This is what the image does, without an image. Takes about a minute.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

NEEDED = (
    r"schema/schema\.graphql",
    r"persistence/migrations/script\.py\.mako",
    r"persistence/migrations/env\.py",
    r"persistence/migrations/versions/\d+_\w+\.py",
    r"frontend/dist/index\.html",
    r"frontend/dist/assets/index-[\w-]+\.js",
    r"frontend/dist/assets/index-[\w-]+\.css",
    r"frontend/dist/assets/overview-page-[\w-]+\.js",
    r"k8s_gpu_management-.*\.dist-info/licenses/LICENSE",
)
UNWANTED = (r"(^|/)(tests|benchmarks|scripts|node_modules)/", r"\.ts$")


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wheel = build(folder)
        faults = check_content(wheel)
        if not faults:
            faults = check_serving(install(wheel, folder), folder)
    for fault in faults:
        print(f"  {fault}")
    print(f"{wheel.name}: {'not fit to ship' if faults else 'complete, and it serves'}")
    return int(bool(faults))


def build(folder: Path) -> Path:
    # From a copy: a build folder that an earlier build left behind would end up in the wheel.
    source = folder / "source"
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, source / name)
    shutil.copytree(ROOT / "frontend" / "dist", source / "frontend" / "dist")
    pip(sys.executable, "wheel", "--no-deps", "--wheel-dir", str(folder), str(source))
    return next(folder.glob("*.whl"))


def check_content(wheel: Path) -> list[str]:
    names = zipfile.ZipFile(wheel).namelist()
    missing = [pattern for pattern in NEEDED if not any(re.fullmatch(pattern, name) for name in names)]
    # The parts of the page that load when they are first needed: nothing in the document names them.
    parts = [f"frontend/dist/assets/{path.name}" for path in (ROOT / "frontend" / "dist" / "assets").iterdir()]
    missing += [name for name in parts if name not in names]
    unwanted = [name for name in names if any(re.search(pattern, name) for pattern in UNWANTED)]
    return [f"missing: {pattern}" for pattern in missing] + [f"unwanted: {name}" for name in unwanted]


def install(wheel: Path, folder: Path) -> Path:
    environment = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    python = environment / "bin" / "python"
    pip(str(python), "install", "-c", str(ROOT / "constraints.txt"), str(wheel))
    return environment


def check_serving(environment: Path, folder: Path) -> list[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("GPU_", "PYTHON"))}
    settings = {"GPU_DATA_DIR": str(folder / "data"), "GPU_COLLECTOR": "simulated"}
    server = subprocess.Popen(
        [str(environment / "bin" / "gpuctl"), "serve", "--port", str(port)],
        cwd=folder,  # away from the checkout
        env=clean | settings,
        stdin=subprocess.DEVNULL,
    )
    try:
        if not wait_until_ready(server, port):
            return ["the server did not become ready"]
        status, page = ask(port, "GET", "/")
        script = re.search(r'src="(/assets/[^"]+)"', page)
        faults = [] if status == 200 and script else [f"/ answers {status}: {page[:200]!r}"]
        parts = sorted((ROOT / "frontend" / "dist" / "assets").iterdir())
        faults += [f"{part.name} is not served" for part in parts if ask(port, "GET", f"/assets/{part.name}")[0] != 200]
        status, answer = ask(port, "POST", "/graphql", json.dumps({"query": "{ fleet { totalGpus } }"}))
        if json.loads(answer) != {"data": {"fleet": {"totalGpus": 20}}}:
            faults.append(f"/graphql answers {status}: {answer[:200]!r}")
    finally:
        server.terminate()
        server.wait(20)
    return faults


def wait_until_ready(server: subprocess.Popen[bytes], port: int) -> bool:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if ask(port, "GET", "/readyz")[0] == 200:
                return True
        except OSError:
            pass
        time.sleep(0.2)
    return False


def ask(port: int, method: str, path: str, body: str | None = None) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response.status, text


def pip(python: str, *arguments: str) -> None:
    subprocess.run(
        [python, "-m", "pip", *arguments, "--quiet", "--disable-pip-version-check", "--no-input"], check=True
    )


if __name__ == "__main__":
    sys.exit(main())
