"""Measuring: an epoch in a process of its own, and that process from outside."""

import contextlib
import gc
import hashlib
import importlib.metadata
import json
import os
import resource
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from images import contenders, environments, tasks

EVERY = 0.2  # seconds between two looks at the memory, or more: looking takes a tenth at most
TICK = os.sysconf("SC_CLK_TCK")


# In the contender's process


def measure(name: str, given: dict[str, Any]) -> dict[str, Any]:
    """Run two epochs; time to the first batch is of the one, all else of the other."""
    task = given["task"]
    contender = contenders.CONTENDERS[name]
    setting = contenders.Setting(
        task, given["paths"], given["workers"], Path(given["folder"]), given["seed"]
    )
    epoch = contender.make(setting)
    first, means = 0.0, []
    for batch in epoch():
        first = first or time.monotonic() - given["begun"]
        tasks.check(batch, task)
        means.append(float(np.asarray(batch).mean()))
    del batch
    gc.collect()
    wall, cpu = time.perf_counter(), processor_seconds()
    count = sum(len(batch) for batch in epoch())
    wall, cpu = time.perf_counter() - wall, processor_seconds() - cpu
    return {
        "first": first,
        "rate": count / wall,
        "cpu": 1e3 * cpu / count,
        "count": count,
        "mean": float(np.mean(means)),
        "versions": versions(contender.group),
    }


def versions(group: str) -> dict[str, str]:
    found = {}
    for name in environments.TOLD[group]:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found


def processor_seconds() -> float:
    """Give the processor time of this process and of all its children, those that run included."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    running = sum(ticks(pid) for pid in descendants(os.getpid())) / TICK
    return time.process_time() + ended.ru_utime + ended.ru_stime + running


def ticks(pid: int) -> int:
    """Give the processor time of a process and of its children that have ended, in ticks."""
    with contextlib.suppress(OSError):
        text = Path(f"/proc/{pid}/stat").read_text()
        return sum(map(int, text.rpartition(")")[2].split()[11:15]))
    return 0


def descendants(pid: int) -> list[int]:
    """Give the processes below a process."""
    found = []
    with contextlib.suppress(OSError):  # it has ended
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += [int(child), *descendants(int(child))]
    return found


# Outside it


def in_own_process(name: str, folder: Path, **given: Any) -> dict[str, Any]:
    """Measure a contender in a process of its own, and its memory meanwhile."""
    python = environments.python_of(contenders.CONTENDERS[name].group, folder)
    script = Path(__file__).parent.parent / "images.py"
    given |= {"folder": str(folder), "begun": time.monotonic()}
    # Installed packages have bytecode, so this one is to keep its own.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(
        [python, script, "--measure", name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment | {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"},
    )
    peak = Peak(process.pid)
    try:
        out, err = process.communicate(json.dumps(given), timeout=600)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = "", "Error: more than 600 seconds"
        process.wait()
    memory = peak.stop()
    if process.returncode or not out.strip():
        return {"error": environments.last_line(err)}
    return json.loads(out.strip().splitlines()[-1]) | {"peak": memory}


class Peak:
    """Looks at the memory of a tree of processes, again and again, in a thread."""

    def __init__(self, pid: int) -> None:
        self._pid, self._peak = pid, 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _watch(self) -> None:
        pause = EVERY
        while not self._ended.wait(pause):
            begun = time.perf_counter()
            found = sum(map(proportional, [self._pid, *descendants(self._pid)]))
            self._peak = max(self._peak, found)
            pause = max(EVERY, 9 * (time.perf_counter() - begun))

    def stop(self) -> int:
        """Give the most there was, in bytes."""
        self._ended.set()
        self._thread.join()
        return self._peak


def proportional(pid: int) -> int:
    """Give the memory of a process in bytes; what several share is divided among them (PSS)."""
    with contextlib.suppress(OSError, IndexError):
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        return 1024 * int(text.split("\nPss:")[1].split()[0])
    return 0


def crowding() -> float:
    """Tell how far two cores are not there for two threads: 1 on a calm machine.

    Other processes may have them, or, on a shared machine, other guests for seconds. The former
    show in two threads that wait, the latter in two that take longer than one.
    """
    alone, _ = _spin(1)
    wall, cpu = _spin(2)
    return max(wall / alone, 2 * wall / cpu)


def wait_for_calm(patience: float) -> bool:
    """Wait some seconds for two cores to be free; give whether they were."""
    until = time.monotonic() + patience
    while crowding() > 1.25:
        if time.monotonic() > until:
            return False
        time.sleep(0.5)
    return True


def _spin(threads: int) -> tuple[float, float]:
    """Give the wall and processor seconds of some threads that do the same."""
    data = bytes(1 << 20)

    def work() -> None:
        for _ in range(50):
            hashlib.sha256(data)

    spinning = [threading.Thread(target=work) for _ in range(threads)]
    wall, cpu = time.perf_counter(), time.process_time()
    for thread in spinning:
        thread.start()
    for thread in spinning:
        thread.join()
    return time.perf_counter() - wall, time.process_time() - cpu


def prepare(name: str, folder: Path, paths: list[str]) -> str | None:
    """Have a contender write the file it reads from, once; say what went wrong, if it did."""
    contender = contenders.CONTENDERS[name]
    if contender.prepare is None or contenders.data_file(folder, paths, name).exists():
        return None
    python = environments.python_of(contender.group, folder)
    script = Path(__file__).parent.parent / "images.py"
    given = json.dumps({"folder": str(folder), "paths": paths})
    done = subprocess.run(
        [python, script, "--prepare", name],
        input=given,
        check=False,
        capture_output=True,
        text=True,
    )
    return environments.last_line(done.stderr) if done.returncode else None


def read_given() -> dict[str, Any]:
    return json.loads(sys.stdin.read())
