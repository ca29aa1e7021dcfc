"""What the kernel takes it gives back: memory, and the arrays of plans."""

import gc
import json
import os
import shutil
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from PIL import Image

from aliquot.image._kernel_files import kernel

# Calls of the million, and what growth is put down to the allocator.
CALLS, MEGABYTES = 1_000_000, 1
BOX, PLACE = (0.0, 0.0, 40.0, 30.0), (0, 0, 8, 8, 0, 0, 0)

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.timeout(600),
    pytest.mark.skipif(kernel() is None, reason="the kernel was not built"),
]

HELPERS = """
import os, sys
import numpy as np
from aliquot.image._kernel_files import kernel

kernel = kernel()

def megabytes():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

def planned(paths, canvases, table=None, box=(0, 0, 40, 30), place=(0, 0, 8, 8, 0, 0, 0)):
    files, n = kernel.Files(paths), len(paths)
    boxes, places = np.array([box] * n, float), np.array([place] * n, np.int64)
    files.plan(list(range(n)), boxes, places, canvases, 2, 2.0, bytes(4), False, table)
    return files

def growth(work, calls):
    "Give by how much memory grows, once what is made once has been made."
    for _ in range(calls // 10):
        work()
    before = megabytes()
    for _ in range(calls - calls // 10):
        work()
    return megabytes() - before
"""


def script(text, *arguments, **environment):
    """Run a script by itself; give what it prints, read as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", HELPERS + textwrap.dedent(text), *map(str, arguments)],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout)


def jpeg(path, picture, **options):
    """Save a JPEG; give its path."""
    Image.fromarray(picture).save(path, "JPEG", **options)
    return path


@pytest.fixture
def small(tmp_path):
    """Save a picture of 40 x 30."""
    picture = np.random.default_rng(1).integers(0, 256, (30, 40, 3), np.uint8)
    return jpeg(tmp_path / "small.jpg", picture, quality=60)


def test_a_million_pictures_leave_nothing_behind(tmp_path):
    """By batches of 500, each into the same canvases."""
    tiny = jpeg(tmp_path / "tiny.jpg", np.full((8, 8, 3), 99, np.uint8))
    grown = script(
        """
        paths, calls = [os.fsencode(sys.argv[1])] * 500, int(sys.argv[2])
        canvases = list(np.zeros((500, 8, 8, 3), np.float32))
        table = np.zeros((3, 256), np.float32)

        def work():
            files = planned(paths, canvases, table, box=(0, 0, 8, 8))
            files.decode()
            assert not files.failed()

        print(growth(work, calls // 500))
        """,
        tiny,
        CALLS,
    )
    print(f"{CALLS} pictures: {grown:+.2f} MB")
    assert grown < MEGABYTES


def test_files_that_fail_leave_nothing_behind(small, tmp_path):
    """Missing ones, no pictures, cut ones, progressive ones, ones of another header."""
    blob = small.read_bytes()
    progressive = jpeg(tmp_path / "p.jpg", np.array(Image.open(small)), progressive=True)
    broken = {"cut": blob[:-90], "none": b"text", "empty": b"", "header": blob[:300]}
    broken["progressive"] = progressive.read_bytes()[:-200]
    broken["marker"] = blob.replace(b"\xff\xda", b"\xff\xd8", 1)
    for name, content in broken.items():
        (tmp_path / name).write_bytes(content)
    folder = [str(tmp_path / name) for name in [*broken, "missing"]] + [str(tmp_path)]
    grown = script(
        """
        paths = [os.fsencode(path) for path in sys.argv[1:]]
        told = np.frombuffer(kernel.Files(paths).headers(), np.int64).reshape(-1, 6)
        seen = [path for path, channels in zip(paths, told[:, 3]) if channels]
        canvases = list(np.zeros((len(seen), 8, 8, 3), np.uint8))

        def work():
            kernel.Files(paths).headers()
            files = planned(seen, canvases)
            files.decode()
            assert len(files.failed()) == len(seen) == 2, files.failed()
            assert all(map(files.reason, files.failed()))

        print(growth(work, 20_000))
        """,
        *folder,
    )
    print(f"failing files: {grown:+.2f} MB")
    assert grown < MEGABYTES


def test_files_that_are_dropped_leave_nothing_behind(small):
    """Without a plan, with a plan that is not carried out, and with none to read at all."""
    grown = script(
        """
        paths = [os.fsencode(sys.argv[1])] * 20
        canvases = list(np.zeros((20, 8, 8, 3), np.uint8))

        def work():
            kernel.Files([])
            kernel.Files(paths).blob(3)
            planned(paths, canvases)
            for wrong in [["text"], [b"nul\\0"], None]:
                try:
                    kernel.Files(wrong)
                except (TypeError, ValueError):
                    pass

        print(growth(work, 10_000))
        """,
        small,
    )
    print(f"dropped files: {grown:+.2f} MB")
    assert grown < MEGABYTES


def given(**changed):
    """Give the arguments of a plan for one file, some of them changed."""
    wanted = {
        "rows": [0],
        "boxes": np.array([BOX]),
        "places": np.array([PLACE], np.int64),
        "canvases": [np.zeros((8, 8, 3), np.float32)],
        "filter": 2,
        "gap": 2.0,
        "fill": bytes(4),
        "table": np.zeros((3, 256), np.float32),
    }
    return wanted | changed


def places(**changed):
    """Give a place, some of its numbers changed."""
    names = ["top", "left", "height", "width", "swap", "flip_y", "flip_x"]
    return np.array([list((dict(zip(names, PLACE, strict=True)) | changed).values())], np.int64)


READ_ONLY = np.zeros((8, 8, 3), np.float32)
READ_ONLY.flags.writeable = False
REFUSED = {
    "filter": {"filter": 9},
    "gap": {"gap": 0.5},
    "fill": {"fill": b"123"},
    "rows": {"rows": [1]},
    "no number": {"rows": ["a"]},
    "rows no list": {"rows": (0,)},
    "twice": {
        "rows": [0, 0],
        "boxes": np.array([BOX] * 2),
        "places": np.array([PLACE] * 2, np.int64),
        "canvases": [np.zeros((8, 8, 3), np.float32), np.zeros((8, 8, 3), np.float32)],
    },
    "no picture": {"rows": [2]},
    "canvases": {"canvases": []},
    "boxes": {"boxes": np.zeros((1, 3))},
    "places": {"places": np.zeros((1, 6), np.int64)},
    "outside": {"boxes": np.array([[0.0, 0.0, 41.0, 30.0]])},
    "nowhere": {"boxes": np.array([[np.nan, 0.0, 40.0, 30.0]])},
    "beyond": {"places": places(top=1)},
    "huge": {"places": places(left=2**40)},
    "negative": {"places": places(left=-1)},
    "flat": {"canvases": [np.zeros((8, 8), np.float32)]},
    "two channels": {"canvases": [np.zeros((8, 8, 2), np.float32)]},
    "bytes": {"canvases": [np.zeros((8, 8, 3), np.uint8)]},
    "strided": {"canvases": [np.zeros((8, 8, 6), np.float32)[..., ::2]]},
    "read-only": {"canvases": [READ_ONLY]},
    "no canvas": {"canvases": [None]},
    "doubles": {"table": np.zeros((3, 256))},
    "short": {"table": np.zeros((2, 256), np.float32)},
    "no table": {"table": 3},
}


def counts(arguments):
    """Count who holds each of the arguments that is an array."""
    canvases = [own for own in arguments["canvases"] if isinstance(own, np.ndarray)]
    arrays = [own for own in arguments.values() if isinstance(own, np.ndarray)]
    return [sys.getrefcount(own) for own in (*arrays, *canvases)]


@pytest.mark.parametrize("why", REFUSED)
def test_a_refused_plan_holds_no_array(small, tmp_path, why):
    """Refused many times over; and a good plan is taken after it, and let go with the files."""
    text = tmp_path / "text"
    text.write_bytes(b"no picture")
    paths = [os.fsencode(path) for path in (small, small, text)]
    files, arguments = kernel().Files(paths[:1] + paths[2:] * 2), given(**REFUSED[why])
    before = counts(arguments)
    for _ in range(1000):
        with pytest.raises((ValueError, TypeError, IndexError, BufferError)):
            files.plan(**arguments)
    gc.collect()
    assert counts(arguments) == before
    good = given()
    before = counts(good)
    files.plan(**good)
    assert counts(good) != before
    del files
    assert counts(good) == before


def test_a_plan_knows_nothing_of_the_table_of_one_that_was_refused(small):
    """It was let go, and may be gone."""
    files, canvas = kernel().Files([os.fsencode(small)]), np.zeros((8, 8, 3), np.uint8)
    with pytest.raises(ValueError, match="place"):
        files.plan(**given(places=places(top=1)))
    files.plan(**given(canvases=[canvas], table=None))
    files.decode()
    assert not files.failed()
    assert canvas.any()


# Counts who asks for memory, by the address that the call came from.
SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

enum { KERNEL, JPEG, OTHERS };
static uintptr_t begin[OTHERS], end[OTHERS];
static atomic_long counted[OTHERS + 1];

static void count(void *caller) {
    uintptr_t at = (uintptr_t)caller;
    int who = 0;
    while (who < OTHERS && !(at >= begin[who] && at < end[who]))
        who++;
    counted[who]++;
}

void *malloc(size_t size) {
    count(__builtin_return_address(0));
    return __libc_malloc(size);
}

void *calloc(size_t n, size_t size) {
    count(__builtin_return_address(0));
    return __libc_calloc(n, size);
}

void *realloc(void *memory, size_t size) {
    count(__builtin_return_address(0));
    return __libc_realloc(memory, size);
}

/* Find where the kernel and libjpeg-turbo lie. */
int watch(void) {
    static const char *const names[OTHERS] = {"/_kernel.", "/libjpeg"};
    char line[1024];
    FILE *maps = fopen("/proc/self/maps", "r");
    while (fgets(line, sizeof line, maps))
        for (int who = 0; who < OTHERS; who++) {
            uintptr_t from, to;
            if (!strstr(line, names[who]) || sscanf(line, "%lx-%lx", &from, &to) != 2)
                continue;
            begin[who] = begin[who] ? begin[who] : from;
            end[who] = to;
        }
    fclose(maps);
    return begin[KERNEL] && begin[JPEG];
}

long asked(int who) { return counted[who]; }
"""


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    """Compile what counts."""
    if shutil.which("gcc") is None or not sys.platform.startswith("linux"):
        pytest.skip("no gcc")
    folder = tmp_path_factory.mktemp("shim")
    (folder / "shim.c").write_text(SHIM)
    command = ["gcc", "-O1", "-shared", "-fPIC", "shim.c", "-o", "shim.so"]
    subprocess.run(command, cwd=folder, check=True)
    return folder / "shim.so"


@pytest.mark.parametrize("kind", ["baseline", "progressive"])
def test_no_memory_is_asked_for_with_each_picture(shim, tmp_path, kind):
    """Once a call is under way: a batch of ten times the pictures asks as often."""
    picture = np.random.default_rng(2).normal(128, 20, (300, 400, 3)).clip(0, 255).astype(np.uint8)
    path = jpeg(tmp_path / "one.jpg", picture, quality=90, progressive=kind == "progressive")
    found = script(
        """
        import ctypes, json

        shim = ctypes.CDLL(sys.argv[2])

        def asked(n):
            "How often the kernel, libjpeg-turbo and others ask while n pictures are decoded."
            canvases = list(np.zeros((n, 64, 64, 3), np.float32))
            table = np.zeros((3, 256), np.float32)
            paths = [os.fsencode(sys.argv[1])] * n
            files = planned(paths, canvases, table, (0, 0, 400, 300), (0, 0, 64, 64, 0, 0, 1))
            before = [shim.asked(who) for who in range(3)]
            files.decode()
            after = [shim.asked(who) for who in range(3)]
            assert not files.failed()
            return [b - a for a, b in zip(before, after)]

        assert shim.watch()
        asked(8)
        print(json.dumps([asked(8), asked(80)]))
        """,
        path,
        shim,
        LD_PRELOAD=str(shim),
    )
    few, many = found
    each = [(b - a) / 72 for a, b in zip(few, many, strict=True)]
    print(f"{kind}: a call {few}, with each picture {each} (kernel, libjpeg-turbo, others)")
    assert few[0] > 0
    assert each[0] == 0
    assert few[0] < 30
