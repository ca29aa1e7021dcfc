"""The four tasks, and the plain way of doing them: with Pillow, one picture at a time."""

import math
import random
from typing import Any

import numpy as np

BATCH = 64
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # ImageNet's
SCALE, RATIO = (0.08, 1.0), (3 / 4, 4 / 3)

TASKS = {
    "R": "the whole picture to 64 x 64, uint8",
    "T": "RandomResizedCrop(224), RandomHorizontalFlip, uint8",
    "F": "T, then normalised: float32, channels first",
    "E": "Resize(256), CenterCrop(224), normalised: float32, channels first",
}
FLOATS = "FE"


def side(task: str) -> int:
    return 64 if task == "R" else 224


def check(batch: Any, task: str) -> None:
    """Refuse a batch that is not what the task asks for; uint8 may have either layout."""
    shape, dtype, n = tuple(batch.shape), str(batch.dtype).removeprefix("torch."), side(task)
    first, last = (BATCH, 3, n, n), (BATCH, n, n, 3)
    wanted = "float32" if task in FLOATS else "uint8"
    if dtype != wanted or shape not in ((first,) if task in FLOATS else (first, last)):
        raise ValueError(f"task {task} gave {dtype} {shape}")


def crop_box(width: int, height: int) -> tuple[int, int, int, int]:
    """Draw left, top, width and height as torchvision's RandomResizedCrop does."""
    for _ in range(10):
        area = width * height * random.uniform(*SCALE)
        aspect = math.exp(random.uniform(math.log(RATIO[0]), math.log(RATIO[1])))
        w, h = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if 0 < w <= width and 0 < h <= height:
            return random.randint(0, width - w), random.randint(0, height - h), w, h
    w = min(width, round(height * RATIO[1]))
    h = min(height, round(width / RATIO[0]))
    return (width - w) // 2, (height - h) // 2, w, h


def resized_size(width: int, height: int) -> tuple[int, int]:
    """Give width and height after Resize(256)."""
    short = min(width, height)
    return 256 * width // short, 256 * height // short


def normalised(pixels: Any) -> Any:
    """Give float32 (..., 3, height, width) of uint8 (..., height, width, 3)."""
    values = pixels.astype(np.float32)
    values /= 255
    values -= np.array(MEAN, np.float32)
    values /= np.array(STD, np.float32)
    return np.moveaxis(values, -1, -3)


def pillow_sample(file: Any, task: str) -> Any:
    """Do a task on one file, with Pillow and NumPy only."""
    from PIL import Image

    bilinear = Image.Resampling.BILINEAR
    with Image.open(file) as opened:
        image = opened.convert("RGB")
    if task == "R":
        return np.asarray(image.resize((64, 64), bilinear))
    if task == "E":
        image = image.resize(resized_size(*image.size), bilinear)
        left, top = round((image.width - 224) / 2), round((image.height - 224) / 2)
        return normalised(np.asarray(image.crop((left, top, left + 224, top + 224))))
    left, top, w, h = crop_box(*image.size)
    image = image.resize((224, 224), bilinear, box=(left, top, left + w, top + h))
    if random.random() < 0.5:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    pixels = np.asarray(image)
    return normalised(pixels) if task == "F" else pixels


def pillow_batch(files: Any, task: str) -> Any:
    return np.stack([pillow_sample(file, task) for file in files])
