"""The order of an epoch of a whole tree of sources: from places to the indices of a batch."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from aliquot._random import hash_key
from aliquot.data_source._index_batch import ChoiceBatch, trim
from aliquot.sampling import AbstractSampler, Permutation

IntArray = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What an order is made of."""

    seed: int
    epoch: int
    shuffle: bool
    batch_size: int
    """Places of one step on each rank, which some samplers lay their order out for."""
    step_size: int
    """Places of one step, over all ranks: what a choice chooses at once."""
    drop_last: bool = False
    """Whether steps that are not full are left out."""
    sampler: AbstractSampler | None = None
    """In place of the source's own."""

    def for_member(self, *number: int) -> "Recipe":
        """Give the recipe of a member, which is shuffled in an order of its own."""
        return replace(self, seed=hash_key(self.seed, *number), sampler=None)


class Drawn(NamedTuple):
    """Which samples an epoch of a source draws."""

    positions: "range | IntArray"
    """The indices of those that are drawn, in their own order."""
    repeats: int
    """Passes over them that make up an epoch; -1 for no end."""


class Order(Protocol):
    """An epoch of a source. Places outside it must not be asked for."""

    length: int | None
    """Number of places; `None` for no end."""
    batch_shaped: bool
    """Whether the order depends on the size of a step, so that it cannot go on with another."""
    interleaved: int | None
    """The batch size that the order is laid out for, if it can go on with another."""
    packed: bool
    """Whether places are rows of several samples."""

    def between(self, start: int, stop: int) -> Any:
        """Give the indices of the batch at places that follow each other, within one step."""

    def at(self, places: IntArray) -> Any:
        """Give the indices of the batch at any places of one step."""

    def real(self, start: int, n: int) -> int:
        """Count the samples at the `n` places from `start`, within one step."""


class SideBySide:
    """The order of a composite: row p reads each member's p-th sample."""

    packed = False

    def __init__(self, members: Sequence[Order]) -> None:
        self._members = members
        self.length = shortest([member.length for member in members])
        self.batch_shaped = any(member.batch_shaped for member in members)
        self.interleaved = interleaved_of(members)

    def between(self, start: int, stop: int) -> tuple[Any, ...]:
        """See `Order.between`."""
        return trim(tuple([member.between(start, stop) for member in self._members]))

    def at(self, places: IntArray) -> tuple[Any, ...]:
        """See `Order.at`."""
        return trim(tuple([member.at(places) for member in self._members]))

    def real(self, start: int, n: int) -> int:
        """See `Order.real`."""
        return min(member.real(start, n) for member in self._members)


class Turns:
    """The order of a choice: each step is a step of one member."""

    batch_shaped = True
    packed = False
    interleaved: int | None = None  # as it goes on with no other batch size

    def __init__(
        self,
        members: Sequence[Order],
        size: int,
        steps: int | None,
        turn: Callable[[int], tuple[int, int]],
    ) -> None:
        self.length = None if steps is None else steps * size
        self._members = members
        self._size = size
        self._turn = turn

    def between(self, start: int, stop: int) -> ChoiceBatch:
        """See `Order.between`."""
        number, shift = self._member(start)
        return ChoiceBatch(self._members[number].between(start + shift, stop + shift), number)

    def at(self, places: IntArray) -> ChoiceBatch:
        """See `Order.at`."""
        number, shift = self._member(int(places[0]))
        return ChoiceBatch(self._members[number].at(places + shift), number)

    def real(self, start: int, n: int) -> int:
        """See `Order.real`."""
        number, shift = self._member(start)
        return self._members[number].real(start + shift, n)

    def _member(self, place: int) -> tuple[int, int]:
        """Give the member whose turn it is, and from our places to its own."""
        step = place // self._size
        number, own = self._turn(step)
        return number, (own - step) * self._size


def interleaved_of(members: Sequence[Order]) -> int | None:
    """Give the batch size that some member is laid out for."""
    return next((own.interleaved for own in members if own.interleaved is not None), None)


def shortest(lengths: Sequence[int | None]) -> int | None:
    """Give the least of lengths, where `None` stands for no end."""
    return min((length for length in lengths if length is not None), default=None)


def steps_of(order: Order, recipe: Recipe) -> int | None:
    """Count the steps of a member."""
    if order.length is None:
        return None
    if recipe.drop_last:
        return order.length // recipe.step_size
    return math.ceil(order.length / recipe.step_size)


def take_turns(members: Sequence[Order], recipe: Recipe) -> Turns:
    """Let members take turns until one has no step left; if shuffled, in a new order each round.

    A shuffled epoch ends with a whole round, so that it is as long as any other.
    """
    n = len(members)

    def in_round(number: int) -> list[int]:
        if not recipe.shuffle:
            return list(range(n))
        key = hash_key(recipe.seed, recipe.epoch, number)
        return [int(number) for number in Permutation(n, key).at(np.arange(n))]

    def turn(step: int) -> tuple[int, int]:
        return in_round(step // n)[step % n], step // n

    counts = [steps_of(member, recipe) for member in members]
    rounds = shortest(counts)
    if rounds is None:
        return Turns(members, recipe.step_size, None, turn)
    # In order, members go on in the round after the last whole one up to the exhausted one.
    more = 0 if recipe.shuffle else counts.index(rounds)
    return Turns(members, recipe.step_size, rounds * n + more, turn)


def spread(members: Sequence[Order], counts: Sequence[int], recipe: Recipe) -> Turns:
    """Give every step of every member, spread evenly, or in random order if shuffled."""
    own = np.concatenate([np.arange(n) for n in counts])
    of = np.repeat(np.arange(len(counts)), counts)
    if recipe.shuffle:
        key = hash_key(recipe.seed, recipe.epoch, len(own))
        order = Permutation(len(own), key).at(np.arange(len(own)))
    else:
        order = np.argsort((own + 0.5) / np.repeat(counts, counts), kind="stable")

    def turn(step: int) -> tuple[int, int]:
        chosen = order[step]
        return int(of[chosen]), int(own[chosen])

    return Turns(members, recipe.step_size, len(own), turn)
