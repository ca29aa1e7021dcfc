"""The contenders: each begins epochs of shuffled batches, with what is made once made already.

A contender imports its packages itself, as it runs where only they are installed.
"""

import hashlib
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from images import tasks
from images.environments import OWN
from images.tasks import BATCH, FLOATS, MEAN, RATIO, SCALE, STD, pillow_batch

Epoch = Callable[[], Iterator[Any]]


class Setting(NamedTuple):
    """What a contender is to do."""

    task: str
    paths: list[str]
    workers: int
    folder: Path
    """Where files are that were written for a contender."""
    seed: int


@dataclass(frozen=True)
class Contender:
    """One way of doing the tasks."""

    group: str
    make: Callable[[Setting], Epoch]
    note: str = ""
    """Where what it does differs."""
    prepare: Callable[[Path, list[str]], None] | None = None
    """Writes the file that it reads from."""


def shuffled(setting: Setting) -> Callable[[], list[list[str]]]:
    """Give what draws the batches of paths of an epoch."""
    rng = np.random.default_rng(setting.seed)

    def draw():
        order = rng.permutation(len(setting.paths)).tolist()
        paths = [setting.paths[i] for i in order]
        return [paths[start : start + BATCH] for start in range(0, len(paths), BATCH)]

    return draw


# Pillow, Aliquot, BatchUp


def pillow_loop(setting: Setting) -> Epoch:
    draw = shuffled(setting)
    return lambda: (pillow_batch(paths, setting.task) for paths in draw())


def aliquot_loader(setting: Setting, **options: Any) -> Epoch:
    import aliquot as aq

    if setting.task == "R":
        options |= {"size": (64, 64)}
    else:
        options |= {"transforms": aliquot_transforms(setting.task)}
    if setting.task in FLOATS:
        options |= {"layout": "NCHW"}
    photos = aq.image.ImageFiles(setting.paths, **options)
    loader = aq.Loader(
        photos, batch_size=BATCH, shuffle=True, seed=setting.seed, pool=setting.workers
    )
    return lambda: iter(loader)


def aliquot_transforms(task: str) -> list[Any]:
    from aliquot import image

    if task == "E":
        geometry = [image.Resize(256), image.CenterCrop(224)]
    else:
        geometry = [image.RandomResizedCrop(224), image.RandomHorizontalFlip()]
    if task not in FLOATS:
        return geometry
    normalize = getattr(image, "Normalize", None)
    if normalize is None:
        from aliquot.image._floats import Normalize as normalize  # noqa: N813
    return [*geometry, normalize(MEAN, STD)]


def aliquot_wheels(setting: Setting) -> Epoch:
    return aliquot_loader(setting, codec="simplejpeg")


def aliquot_pillow(setting: Setting) -> Epoch:
    return aliquot_loader(setting, codec="pillow")


def batchup_threads(setting: Setting) -> Epoch:
    from batchup import data_source, work_pool

    class Pictures:
        def __len__(self):
            return len(setting.paths)

        def __getitem__(self, indices):
            return pillow_batch([setting.paths[i] for i in indices], setting.task)

    pool = work_pool.WorkerThreadPool(processes=setting.workers)
    source = pool.parallel_data_source(
        data_source.ArrayDataSource([Pictures()]), batch_buffer_size=2 * setting.workers
    )
    rng = np.random.RandomState(setting.seed)

    def epoch():
        for (images,) in source.batch_iterator(batch_size=BATCH, shuffle=rng):
            yield images

    return epoch


# torch


def torch_transforms(task: str, pil: bool) -> Any:
    import torch
    from torchvision.transforms import v2

    if task == "R":
        steps: list[Any] = [v2.Resize((64, 64))]
    elif task == "E":
        steps = [v2.Resize(256), v2.CenterCrop(224)]
    else:
        steps = [v2.RandomResizedCrop(224), v2.RandomHorizontalFlip()]
    if pil:
        steps.append(v2.PILToTensor())
    if task in FLOATS:
        steps += [v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)]
    return v2.Compose(steps)


def torch_epoch(setting: Setting, read: Callable[[str], Any]) -> Epoch:
    from torch.utils.data import DataLoader

    class Pictures:
        def __len__(self):
            return len(setting.paths)

        def __getitem__(self, i):
            return read(setting.paths[i])

    loader = DataLoader(
        Pictures(),
        batch_size=BATCH,
        shuffle=True,
        num_workers=setting.workers,
        persistent_workers=True,
    )
    return lambda: iter(loader)


def torch_pil(setting: Setting) -> Epoch:
    from PIL import Image

    transform = torch_transforms(setting.task, pil=True)

    def read(path):
        with Image.open(path) as opened:
            return transform(opened.convert("RGB"))

    return torch_epoch(setting, read)


def torch_jpeg(setting: Setting) -> Epoch:
    from torchvision.io import ImageReadMode, decode_jpeg, read_file

    transform = torch_transforms(setting.task, pil=False)
    return torch_epoch(
        setting, lambda path: transform(decode_jpeg(read_file(path), mode=ImageReadMode.RGB))
    )


def webdataset_loader(setting: Setting) -> Epoch:
    import io

    import webdataset
    from PIL import Image

    transform = torch_transforms(setting.task, pil=True)

    def read(sample):
        with Image.open(io.BytesIO(sample["jpg"])) as opened:
            return transform(opened.convert("RGB"))

    folder = data_file(setting.folder, setting.paths, "WebDataset")
    shards = sorted(map(str, folder.iterdir()))
    random.seed(setting.seed)
    dataset = webdataset.WebDataset(shards, shardshuffle=len(shards), empty_check=False)
    dataset = dataset.shuffle(1000).map(read)
    loader = webdataset.WebLoader(
        dataset, batch_size=BATCH, num_workers=setting.workers, persistent_workers=True
    )
    return lambda: iter(loader)


def write_shards(folder: Path, paths: list[str]) -> None:
    import webdataset

    for shard in range(8):
        file = str(folder / f"{shard}.tar")
        with webdataset.TarWriter(file) as writer:
            for number, path in list(enumerate(paths))[shard::8]:
                writer.write({"__key__": f"{number:07}", "jpg": Path(path).read_bytes()})


# tf.data


def tf_data(setting: Setting, antialias: bool = True) -> Epoch:
    import tensorflow as tf

    task, n = setting.task, tasks.side(setting.task)

    def resize(image, size):
        return tf.image.resize(image, size, antialias=antialias)

    def random_crop(blob):
        shape = tf.io.extract_jpeg_shape(blob)
        boxes = tf.zeros((1, 0, 4), tf.float32)
        begin, size, _ = tf.image.sample_distorted_bounding_box(
            shape, boxes, aspect_ratio_range=RATIO, area_range=SCALE, max_attempts=10,
            use_image_if_no_bounding_boxes=True, min_object_covered=0.0,
        )  # fmt: skip
        window = tf.stack([begin[0], begin[1], size[0], size[1]])
        image = resize(tf.image.decode_and_crop_jpeg(blob, window, channels=3), (n, n))
        return tf.image.random_flip_left_right(image)

    def centre_crop(blob):
        image = tf.io.decode_jpeg(blob, channels=3)
        shape = tf.shape(image)[:2]
        size = 256 * shape // tf.reduce_min(shape)
        begin = (size - 224) // 2
        return tf.slice(resize(image, size), [begin[0], begin[1], 0], [224, 224, 3])

    def read(path):
        blob = tf.io.read_file(path)
        if task == "R":
            image = resize(tf.io.decode_jpeg(blob, channels=3), (n, n))
        else:
            image = centre_crop(blob) if task == "E" else random_crop(blob)
        if task not in FLOATS:
            return tf.cast(tf.round(image), tf.uint8)
        return tf.transpose((image / 255.0 - MEAN) / STD, (2, 0, 1))

    dataset = tf.data.Dataset.from_tensor_slices(setting.paths)
    dataset = dataset.shuffle(len(setting.paths), setting.seed)
    dataset = dataset.map(read, setting.workers).batch(BATCH).prefetch(2)
    options = tf.data.Options()
    options.threading.private_threadpool_size = setting.workers
    return dataset.with_options(options).as_numpy_iterator


def tf_data_aliased(setting: Setting) -> Epoch:
    return tf_data(setting, antialias=False)


# DALI


def dali(setting: Setting) -> Epoch:
    from nvidia.dali import fn, pipeline_def, types

    task, n = setting.task, tasks.side(setting.task)

    @pipeline_def(batch_size=BATCH, num_threads=setting.workers, device_id=None, seed=setting.seed)
    def pictures():
        # An initial fill of all pictures is a whole shuffle, as of all others here.
        blobs, _ = fn.readers.file(
            files=setting.paths, random_shuffle=True, initial_fill=len(setting.paths)
        )
        if task in "RE":
            images = fn.decoders.image(blobs, device="cpu")
            size = {"resize_shorter": 256} if task == "E" else {"resize_x": n, "resize_y": n}
        else:
            images = fn.decoders.image_random_crop(
                blobs, device="cpu", random_area=SCALE, random_aspect_ratio=RATIO, num_attempts=10
            )
            size = {"resize_x": n, "resize_y": n}
        images = fn.resize(images, interp_type=types.INTERP_LINEAR, antialias=True, **size)
        mirror = fn.random.coin_flip(probability=0.5) if task in "TF" else 0
        if task == "R":
            return images
        if task == "T":
            return fn.flip(images, horizontal=mirror)
        return fn.crop_mirror_normalize(
            images, dtype=types.FLOAT, output_layout="CHW", crop=(n, n), mirror=mirror,
            mean=[255 * m for m in MEAN], std=[255 * s for s in STD],
        )  # fmt: skip

    pipeline = pictures()
    pipeline.build()

    def epoch():
        for _ in range(len(setting.paths) // BATCH):
            (images,) = pipeline.run()
            yield np.array(images.as_tensor())

    return epoch


# SPDL, grain


def spdl_epoch(setting: Setting, make: Callable[[list[str]], Any]) -> Epoch:
    from spdl.pipeline import PipelineBuilder

    draw = shuffled(setting)

    def epoch():
        builder = PipelineBuilder().add_source(draw())
        builder = builder.pipe(make, concurrency=setting.workers, output_order="input")
        pipeline = builder.add_sink(2).build(num_threads=setting.workers)
        with pipeline.auto_stop():
            yield from pipeline.get_iterator(timeout=60)

    return epoch


def spdl_pillow(setting: Setting) -> Epoch:
    return spdl_epoch(setting, lambda paths: pillow_batch(paths, setting.task))


def spdl_ffmpeg(setting: Setting) -> Epoch:
    import spdl.io

    task = setting.task

    def steps(width, height):
        if task == "R":
            return "scale=64:64:flags=bilinear"
        if task == "E":
            w, h = tasks.resized_size(width, height)
            return f"scale={w}:{h}:flags=bilinear,crop=224:224"
        left, top, w, h = tasks.crop_box(width, height)
        flip = ",hflip" if random.random() < 0.5 else ""
        return f"crop={w}:{h}:{left}:{top}:exact=1,scale=224:224:flags=bilinear{flip}"

    def frames(path):
        packets = spdl.io.demux_image(path)
        chain = f"{steps(packets.width, packets.height)},format=pix_fmts=rgb24"
        return spdl.io.decode_packets(packets, filter_desc=chain)

    def make(paths):
        buffer = spdl.io.convert_frames([frames(path) for path in paths])
        images = spdl.io.to_numpy(buffer)
        if task not in FLOATS:
            return images
        # One picture at a time stays in the processor's cache.
        return np.stack([tasks.normalised(image) for image in images])

    return spdl_epoch(setting, make)


def grain_threads(setting: Setting) -> Epoch:
    import grain

    options = grain.ReadOptions(num_threads=setting.workers, prefetch_buffer_size=4)
    dataset = grain.MapDataset.source(setting.paths).seed(setting.seed).shuffle()
    dataset = dataset.map(lambda path: tasks.pillow_sample(path, setting.task)).batch(BATCH)
    batches = dataset.to_iter_dataset(options)
    return lambda: iter(batches)


# FFCV


def ffcv_raw(setting: Setting) -> Epoch:
    return ffcv_loader(setting, "FFCV, raw")


def ffcv_loader(setting: Setting, name: str = "FFCV") -> Epoch:
    from ffcv import transforms
    from ffcv.fields import rgb_image
    from ffcv.loader import Loader, OrderOption

    task, n = setting.task, tasks.side(setting.task)

    def whole(height, width, _, ratio):
        return 0, 0, height, width

    class Whole(rgb_image.CenterCropRGBImageDecoder):
        get_crop_generator = property(lambda self: whole)

    if task == "R":
        steps: list[Any] = [Whole((n, n), ratio=1)]
    elif task == "E":
        steps = [rgb_image.CenterCropRGBImageDecoder((n, n), ratio=224 / 256)]
    else:
        steps = [rgb_image.RandomResizedCropRGBImageDecoder((n, n), SCALE, RATIO)]
        steps.append(transforms.RandomHorizontalFlip())
    if task in FLOATS:
        mean, std = 255 * np.array(MEAN), 255 * np.array(STD)
        steps.append(transforms.NormalizeImage(mean, std, np.float32))
    steps += [transforms.ToTensor(), transforms.ToTorchImage(channels_last=task not in FLOATS)]
    loader = Loader(
        str(data_file(setting.folder, setting.paths, name) / "pictures.beton"),
        batch_size=BATCH,
        num_workers=setting.workers,
        order=OrderOption.RANDOM,
        os_cache=True,
        seed=setting.seed,
        pipelines={"image": steps},
    )

    def epoch():
        for (images,) in loader:
            yield images

    return epoch


def write_raw_beton(folder: Path, paths: list[str]) -> None:
    write_beton(folder, paths, write_mode="raw")


def write_beton(folder: Path, paths: list[str], write_mode: str = "jpg") -> None:
    from ffcv.fields import RGBImageField
    from ffcv.writer import DatasetWriter
    from PIL import Image

    class Pictures:
        def __len__(self):
            return len(paths)

        def __getitem__(self, i):
            with Image.open(paths[i]) as opened:
                return (opened.convert("RGB"),)

    fields = {"image": RGBImageField(write_mode=write_mode, jpeg_quality=90)}
    writer = DatasetWriter(str(folder / "pictures.beton"), fields, num_workers=2)
    writer.from_indexed_dataset(Pictures())


# All of them

BASE = "Pillow loop"
CONTENDERS: dict[str, Contender] = {
    BASE: Contender(OWN, pillow_loop, "one thread"),
    "Aliquot": Contender(OWN, aliquot_loader, "worker threads"),
    "Aliquot, wheels alone": Contender(OWN, aliquot_wheels, "worker threads"),
    "Aliquot, Pillow codec": Contender(OWN, aliquot_pillow, "worker threads"),
    "BatchUp": Contender("batchup", batchup_threads, "Pillow in worker threads"),
    "torch, PIL": Contender("torch", torch_pil, "worker processes, torchvision v2"),
    "torch, decode_jpeg": Contender("torch", torch_jpeg, "worker processes, torchvision v2"),
    "WebDataset": Contender(
        "torch",
        webdataset_loader,
        "reads 8 tar files written before; shuffles within 1,000; else as torch, PIL",
        write_shards,
    ),
    "tf.data": Contender("tensorflow", tf_data, "resize(antialias=True)"),
    "tf.data, aliased": Contender("tensorflow", tf_data_aliased, "resize as it is by default"),
    "DALI": Contender("dali", dali, "CPU only"),
    "SPDL": Contender("spdl", spdl_ffmpeg, "its own decoder and filters: FFmpeg"),
    "SPDL, Pillow": Contender("spdl", spdl_pillow, "Pillow in its threads"),
    "grain": Contender("grain", grain_threads, "Pillow in its threads"),
    "FFCV": Contender(
        "ffcv",
        ffcv_loader,
        "reads one file written before, JPEGs encoded anew at quality 90; area filter",
        write_beton,
    ),
    "FFCV, raw": Contender(
        "ffcv",
        ffcv_raw,
        "reads one file of pixels written before: nothing is decoded",
        write_raw_beton,
    ),
}


def data_file(folder: Path, paths: list[str], name: str) -> Path:
    """Give the folder where a contender has its copy of these pictures."""
    told = "\0".join(f"{path}\0{Path(path).stat().st_size}" for path in paths)
    return (
        folder
        / "data"
        / f"{name.replace(', ', '-')}-{hashlib.sha256(told.encode()).hexdigest()[:16]}"
    )


def write_data(name: str, folder: Path, paths: list[str]) -> None:
    """Write the copy, whole or not at all."""
    contender = CONTENDERS[name]
    assert contender.prepare is not None
    final = data_file(folder, paths, name)
    part = final.with_suffix(".part")
    part.mkdir(parents=True, exist_ok=True)
    contender.prepare(part, paths)
    part.rename(final)
