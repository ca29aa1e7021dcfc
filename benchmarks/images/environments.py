"""A virtual environment for each group of rivals, made with plain venv and pip."""

import subprocess
import sys
from pathlib import Path

OWN = "aliquot"
"""The group that runs where the script itself runs."""

# torchvision of PyPI does not go with every build of torch: these two are a pair. FFCV is built
# here, needs what APT names, and reads numpy and torch while it is built.
GROUPS: dict[str, list[list[str]]] = {
    "batchup": [["batchup==0.2.3", "setuptools<81", "numpy", "pillow"]],
    "torch": [["torch==2.14.1", "torchvision==0.29.1", "webdataset==1.0.2", "pillow"]],
    "tensorflow": [["tensorflow-cpu==2.21.0"]],
    "dali": [["nvidia-dali-cuda120==2.4.0", "numpy"]],
    "spdl": [["spdl[io]==0.8.0", "pillow"]],
    "grain": [["grain==0.2.18", "pillow"]],
    "ffcv": [
        [
            "torch==2.13.0",
            "numpy<2.3",
            "numba",
            "opencv-python-headless<5",
            "pillow",
            "setuptools",
            "wheel",
        ],
        ["--no-build-isolation", "ffcv==1.0.2"],
    ],
    "plot": [["matplotlib"]],
}
APT = {
    "ffcv": "apt-get install g++ pkg-config libturbojpeg0-dev libopencv-dev",
    "spdl": "apt-get install ffmpeg",
}
# Distributions whose versions are told.
TOLD = {
    OWN: ("aliquot", "numpy", "pillow", "simplejpeg", "cykooz-resizer"),
    "batchup": ("batchup", "pillow"),
    "torch": ("torch", "torchvision", "webdataset", "pillow"),
    "tensorflow": ("tensorflow-cpu",),
    "dali": ("nvidia-dali-cuda120",),
    "spdl": ("spdl", "spdl-io", "pillow"),
    "grain": ("grain", "pillow"),
    "ffcv": ("ffcv", "torch", "numba"),
}


def python_of(group: str, folder: Path) -> Path:
    return Path(sys.executable) if group == OWN else folder / group / "bin" / "python"


def missing(group: str, folder: Path) -> str | None:
    """Say why a group cannot take part, if it cannot."""
    if group == OWN or _marker(group, folder).is_file():
        return None
    failed = folder / f"{group}.failed"
    return failed.read_text() if failed.is_file() else "not installed: run with --setup"


def set_up(group: str, folder: Path) -> None:
    """Make the environment of a group, or write down why that failed."""
    if missing(group, folder) is None:
        return
    print(f"installing {group} ...", file=sys.stderr, flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    failed = folder / f"{group}.failed"
    failed.unlink(missing_ok=True)
    steps = [[sys.executable, "-m", "venv", str(folder / group)]]
    pip = [str(folder / group / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    for command in steps + [pip + requirements for requirements in GROUPS[group]]:
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            needs = f" (it needs: {APT[group]})" if group in APT else ""
            failed.write_text(f"not installed: {last_line(done.stderr)}{needs}")
            return
    _marker(group, folder).write_text(str(GROUPS[group]))


def last_line(text: str) -> str:
    """Give the line that says most about a failure: the last one that names an error."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "rror" in line]
    return (errors or lines or ["no word of it"])[-1]


def _marker(group: str, folder: Path) -> Path:
    return folder / group / "ready"
