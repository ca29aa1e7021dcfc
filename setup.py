"""Builds the kernel that decodes JPEGs, where there are a compiler and libjpeg-turbo's headers.

Everything else of the package is in pyproject.toml. Without the kernel pictures are read by other
packages, slower. ALIQUOT_KERNEL=required makes a build without it fail, ALIQUOT_KERNEL=no leaves it
out.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from setuptools import Extension, setup

wish = os.environ.get("ALIQUOT_KERNEL", "")
# One build for all versions; free-threaded Python has no stable interface yet.
stable = not sysconfig.get_config_var("Py_GIL_DISABLED")


def flags(*wanted: str) -> list[str]:
    """Ask where libjpeg-turbo is, where pkg-config is there to tell."""
    if shutil.which("pkg-config") is None:
        return []
    command = ["pkg-config", *wanted, "libjpeg"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()


kernel = Extension(
    "aliquot.image._kernel",
    sources=sorted(map(str, Path("src/kernel").glob("*.c"))),
    depends=["src/kernel/kernel.h"],
    extra_compile_args=["-std=c11", "-O3", "-fvisibility=hidden", *flags("--cflags")],
    extra_link_args=flags("--libs-only-L"),
    define_macros=[("_GNU_SOURCE", "1")],
    libraries=["jpeg", "m"],
    py_limited_api=stable,
    optional=wish != "required",
)

setup(
    # It reads files as POSIX has it.
    ext_modules=[] if wish == "no" or sys.platform == "win32" else [kernel],
    options={"bdist_wheel": {"py_limited_api": "cp311"}} if stable else {},
)
