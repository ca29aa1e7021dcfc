"""Some transforms, now and then."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from aliquot._random import SampleDraws
from aliquot.errors import ArgumentTypeError
from aliquot.image._picture import Picture
from aliquot.image._transforms import check_probability


@dataclass(frozen=True)
class RandomApply:
    """Apply a list of transforms, all or none of them.

    Parameters
    ----------
    transforms : sequence of callable
        Each is called with the picture that the one before gave, and with `rng` if it has a
        parameter of that name without a default.
    p : float, default 0.5
        The probability, from 0 to 1.

    Returns
    -------
    array
        When called with a picture and `rng`: what the last of the transforms gives, or a copy.

    Raises
    ------
    ArgumentError
        If `p` is no probability (a `ValueError`).
    ArgumentTypeError
        If `transforms` is no list, or something in it cannot be called (a `TypeError`).

    Examples
    --------
    >>> from aliquot._random import SampleDraws
    >>> def invert(image):
    ...     return 255 - image
    >>> image = np.full((1, 1, 1), 5, np.uint8)
    >>> RandomApply([invert], p=1.0)(image, rng=SampleDraws(key=0, place=0))
    array([[[250]]], dtype=uint8)
    """

    transforms: Sequence[Callable[..., Any]]
    p: float = 0.5

    def __post_init__(self) -> None:
        if not isinstance(self.transforms, list | tuple):
            raise ArgumentTypeError(
                f"transforms must be a list, not {self.transforms!r}: write [{self.transforms!r}]"
            )
        for transform in self.transforms:
            if not callable(transform):
                raise ArgumentTypeError(f"a transform must be callable, not {transform!r}")
        check_probability(self.p)
        object.__setattr__(self, "transforms", tuple(self.transforms))

    def __call__(self, image: Picture, *, rng: SampleDraws) -> Picture:
        # Draw 1: whether. Then those of the transforms, in turn.
        if rng.random() >= self.p or not self.transforms:
            return image.copy()
        for transform in self.transforms:
            image = transform(image, rng=rng) if _takes_rng(transform) else transform(image)
        return image


def _takes_rng(transform: Callable[..., Any]) -> bool:
    try:
        parameter = inspect.signature(transform).parameters.get("rng")
    except (TypeError, ValueError):  # a builtin that does not tell
        return False
    return parameter is not None and parameter.default is parameter.empty
