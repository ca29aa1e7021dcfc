"""The kernel under address and undefined-behaviour sanitizers, fed with what no JPEG should be."""

import io
import itertools
import os
import random
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import simplejpeg
from PIL import Image

HERE = Path(__file__).parent
KERNEL = HERE.parents[1] / "src" / "kernel"
TRICKY = HERE.parents[2] / "shared" / "data" / "tricky"
# What all of them have together, and then each.
SECONDS = float(os.environ.get("ALIQUOT_FUZZ_SECONDS", "60"))
SHARE = SECONDS / (3 if shutil.which("clang") else 2)
CHECKED = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-O1", "-g"]
RECIPE = 16

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(6 * SECONDS + 120)]


def photograph(height, width, channels=3):
    """Draw waves and some noise: blocks of many frequencies."""
    y, x = np.mgrid[0:height, 0:width] / 8
    waves = [np.sin(x + c) * np.cos(0.7 * y - c) for c in range(channels)]
    noise = np.random.default_rng(height).normal(0, 9, (height, width, channels))
    return (128 + 70 * np.stack(waves, axis=-1) + noise).clip(0, 255).astype(np.uint8)


def saved(picture, mode=None, **options):
    """Give the bytes that Pillow saves."""
    image = Image.fromarray(picture).convert(mode) if mode else Image.fromarray(picture)
    file = io.BytesIO()
    image.save(file, "JPEG", **options)
    return file.getvalue()


def turned(orientation, **also):
    """Give the EXIF data of a picture that does not lie upright."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    for tag, value in also.items():
        exif[int(tag[1:])] = value
    return exif.tobytes()


def ending_in_exif(cut):
    """Give a file of nothing but EXIF data that say they have more entries than there are."""
    entry = b"\x0f\x01\x03\x00\x01\x00\x00\x00\x01\x00\x00\x00"
    exif = b"Exif\0\0II*\0\x08\0\0\0\xff\0" + (3 * entry)[: 36 - cut]
    return b"\xff\xd8\xff\xe1" + (len(exif) + 2).to_bytes(2) + exif


def pictures():
    """Yield JPEGs of every kind that the kernel decodes, and of some that it must refuse."""
    for height, width, kind in itertools.product([1, 8, 37], [1, 16, 53], ["444", "420"]):
        yield simplejpeg.encode_jpeg(photograph(height, width), 90, colorsubsampling=kind)
    for kind in ["444", "422", "420", "440", "411", "Gray"]:
        yield simplejpeg.encode_jpeg(photograph(61, 83), 85, colorsubsampling=kind)
    for subsampling, progressive in itertools.product(range(3), [False, True]):
        own = {"subsampling": subsampling, "progressive": progressive}
        yield saved(photograph(50, 75), **own)
        yield saved(photograph(90, 70), restart_marker_blocks=3, **own)
        yield saved(photograph(70, 33), restart_marker_rows=1, optimize=True, **own)
    for mode in ["L", "CMYK"]:
        yield saved(photograph(40, 60), mode)
        yield saved(photograph(40, 60), mode, progressive=True)
    yield saved(photograph(40, 60), keep_rgb=True)
    for orientation in [1, 5, 8]:
        yield saved(photograph(33, 44), exif=turned(orientation))
        yield saved(photograph(33, 44), exif=turned(orientation, t270="a" * 40, t271="b"))
    yield from (ending_in_exif(cut) for cut in range(12))
    yield saved(photograph(480, 640), quality=50)
    for optimize in [False, True]:  # long codes, large values, more than is made ready at once
        yield saved(photograph(200, 300), quality=100, subsampling=0, optimize=optimize)
    yield saved(photograph(300, 400), quality=30, progressive=True)


def compiled(compiler, flags, folder):
    """Build `fuzz_kernel.c`, which takes the kernel's files in."""
    if shutil.which(compiler) is None:
        pytest.skip(f"no {compiler}")
    program = folder / "fuzz_kernel"
    source = str(HERE / "fuzz_kernel.c")
    command = [compiler, "-std=c11", "-D_GNU_SOURCE", *flags, f"-I{KERNEL}", source]
    subprocess.run([*command, "-ljpeg", "-lm", "-o", str(program)], check=True)
    return program


def run(program, *arguments, seconds=60):
    """Run it; what it has to say is the message of the failure."""
    options = {
        "ASAN_OPTIONS": "detect_leaks=1:detect_stack_use_after_return=1",
        "UBSAN_OPTIONS": "print_stacktrace=1",
    }
    command = [str(program), *map(str, arguments)]
    done = subprocess.run(
        command,
        env=os.environ | options,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=seconds * 4 + 60,
        check=False,
    )
    assert done.returncode == 0, f"{command} gave {done.returncode}:\n{done.stderr[-6000:]}"
    return done


def counted(program, folder, executions, seconds, broken):
    """Run the program that changes files itself; give what it counted."""
    done = run(program, folder, executions, seconds, 1, broken, seconds=seconds)
    return {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", done.stdout)}


@pytest.fixture(scope="session")
def program(tmp_path_factory):
    """Compile the program with GCC."""
    return compiled("gcc", ["-DSTANDALONE", *CHECKED], tmp_path_factory.mktemp("gcc"))


@pytest.fixture(scope="session")
def corpus(tmp_path_factory):
    """Save the pictures; give the folder."""
    folder = tmp_path_factory.mktemp("corpus")
    for number, blob in enumerate(pictures()):
        (folder / f"{number:03}.jpg").write_bytes(blob)
    return folder


def test_made_pictures_and_changed_ones_are_decoded_within_bounds(program, corpus, tmp_path):
    """All kinds of them, seen in any way, by vectors and without."""
    found = counted(program, corpus, 10**9, SHARE, tmp_path / "broken")
    print(found)
    assert found["decoded"] > 500
    assert found["failed"] > 500


@pytest.mark.skipif(not TRICKY.is_dir(), reason="no folder of tricky pictures")
def test_tricky_files_and_changed_ones_are_decoded_within_bounds(program, tmp_path):
    """Also those that are no JPEG at all."""
    folder = tmp_path / "tricky"
    folder.mkdir()
    for path in TRICKY.glob("*/*"):
        (folder / f"{path.parent.name}-{path.name}").symlink_to(path)
    found = counted(program, folder, 10**9, SHARE, tmp_path / "broken")
    print(found)
    assert found["decoded"] > 100
    assert found["failed"] > 100


def test_libfuzzer_finds_nothing(corpus, tmp_path):
    """It keeps what reaches new code, and changes that further.

    Here libjpeg-turbo has each block from the system: an instrumented one would be watched, too.
    """
    program = compiled("clang", ["-DPLAIN_MEMORY", "-fsanitize=fuzzer", *CHECKED], tmp_path)
    seeds, draw = tmp_path / "seeds", random.Random(1)
    seeds.mkdir()
    for path, number in itertools.product(corpus.iterdir(), range(3)):
        recipe = draw.randbytes(RECIPE)
        (seeds / f"{path.stem}-{number}").write_bytes(recipe + path.read_bytes())
    seconds = max(1, round(SHARE))
    limits = [f"-max_total_time={seconds}", "-timeout=20", "-rss_limit_mb=2048", "-max_len=60000"]
    done = run(program, *limits, f"-artifact_prefix={tmp_path}/", seeds, seconds=seconds)
    told = re.search(r"Done \d+ runs.*", done.stderr)
    assert told
    print(told.group())
