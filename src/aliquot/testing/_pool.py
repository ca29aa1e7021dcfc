"""What every worker pool must keep, as tests."""

# ruff: noqa: S101 (assertions are what a suite of tests is made of)

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from aliquot.data_source import AbstractDataSource, ArrayDataSource
from aliquot.errors import PoolClosedError
from aliquot.testing._fakes import Scripted
from aliquot.testing._samples import same
from aliquot.work_pool import AbstractWorkerPool

_SAMPLES = 23
_WAIT = 60
"""Seconds after which a task counts as lost."""


class WorkerPoolContract:
    """The contract of a worker pool as a suite of tests, for its author to run.

    Subclass it in a test module, under a name that begins with ``Test``, and write `make_pool`.
    The tests need no test runner: each is a method that raises `AssertionError`.

    Examples
    --------
    >>> from aliquot.work_pool import WorkerThreadPool
    >>> class TestThreads(WorkerPoolContract):
    ...     def make_pool(self):
    ...         return WorkerThreadPool(2)
    >>> TestThreads().test_batches_are_those_made_inline()
    """

    def make_pool(self) -> AbstractWorkerPool:
        """Give a new pool, which the test closes."""
        raise NotImplementedError(f"{type(self).__name__} must define make_pool")

    # Tasks

    def test_there_is_a_worker_or_more(self) -> None:
        """As an int."""
        with self.make_pool() as pool:
            n = pool.processes
        assert type(n) is int, f"processes must be an int, not {n!r}"
        assert n >= 1, f"processes must be 1 or more, not {n}"

    def test_a_task_gives_its_result(self) -> None:
        """With arguments by place and by name."""
        with self.make_pool() as pool:
            futures = [pool.submit(pow, 2, 10), pool.submit(int, "ff", base=16)]
            found = [future.result(_WAIT) for future in futures]
        assert found == [1024, 255], f"pow(2, 10) and int('ff', base=16) gave {found}"

    def test_a_task_raises_its_own_exception(self) -> None:
        """Of the same type, with the same message; the worker goes on."""
        with self.make_pool() as pool:
            error = _raised(pool.submit(_fail, "broken").result, _WAIT)
            found = pool.submit(pow, 2, 3).result(_WAIT)
        assert type(error) is OSError, f"a task that raised OSError gave {error!r}"
        assert str(error) == "broken", f"a task that raised OSError('broken') gave {error!r}"
        assert found == 8, f"after a task that raised, pow(2, 3) gave {found}"

    def test_a_shared_constant_reaches_its_tasks(self) -> None:
        """By place and by name, many times."""
        with self.make_pool() as pool:
            constant = pool.shared_constant([3, 1, 2])
            futures = [pool.submit(sum, constant), pool.submit(_call, fn=sorted, value=constant)]
            found = [future.result(_WAIT) for future in futures * 2]
        assert found == [6, [1, 2, 3]] * 2, f"sum and sorted of [3, 1, 2] gave {found}"

    # Streams

    def test_results_come_in_the_order_of_the_tasks(self) -> None:
        """Whatever the buffer."""
        expected = [i**2 for i in range(30)]
        with self.make_pool() as pool:
            for size in (1, 7, 50):
                stream = pool.work_stream(((pow, (i, 2)) for i in range(30)), size)
                found = list(stream.retrieve_iter())
                assert expected == found, f"with task_buffer_size={size} the results were {found}"

    def test_a_stream_goes_on_after_an_exception(self) -> None:
        """Which comes at the place of its task."""
        with self.make_pool() as pool:
            stream = pool.work_stream([(pow, (2, 2)), (_fail, ("broken",)), (pow, (3, 2))])
            found = [stream.retrieve(), _raised(stream.retrieve), *stream.retrieve_iter()]
        kinds = [found[0], type(found[1]), *found[2:]]
        assert kinds == [4, OSError, 9], f"4, an OSError and 9 were expected, not {found}"

    # Batches

    def test_batches_are_those_made_inline(self) -> None:
        """In order and shuffled, of any size, whatever the buffer; random numbers included."""
        source = _source()
        with self.make_pool() as pool:
            for buffer in (1, 20):
                parallel = pool.parallel_data_source(source, buffer)
                for size in (1, 4, _SAMPLES, 2 * _SAMPLES):
                    _check_epochs(source, parallel, size)

    def test_two_sources_share_a_pool(self) -> None:
        """Each gets its own batches, in its own order."""
        sources = [ArrayDataSource([np.arange(10)]), ArrayDataSource([np.arange(100, 110)])]
        with self.make_pool() as pool:
            iterators = [pool.parallel_data_source(s).batch_iterator(3) for s in sources]
            found = list(zip(*iterators, strict=True))
        expected = list(zip(*(s.batch_iterator(3) for s in sources), strict=True))
        assert same(expected, found), f"two sources side by side gave {found!r:.200}"

    def test_the_exception_of_a_sample_comes_with_notes(self) -> None:
        """It is the original one, and says which sample it was."""
        source = ArrayDataSource([Scripted(_SAMPLES, failures={7: 1000})])
        with self.make_pool() as pool:
            batches = pool.parallel_data_source(source).batch_iterator(4)
            error = _raised(list, batches)
        assert type(error) is OSError, f"a sample that raised OSError gave {error!r}"
        notes = "\n".join(getattr(error, "__notes__", []))
        assert "sample 7" in notes, f"no note says that it was sample 7: {notes!r}"

    # The end

    def test_a_pool_can_be_closed_twice(self) -> None:
        """Used or not."""
        for used in (False, True):
            pool = self.make_pool()
            if used:
                pool.submit(pow, 2, 3).result(_WAIT)
            pool.close()
            pool.close()

    def test_a_closed_pool_takes_no_task(self) -> None:
        """It says so at once."""
        pool = self.make_pool()
        pool.close()
        error = _raised(pool.submit, pow, 2, 3)
        assert isinstance(error, PoolClosedError), (
            f"submit on a closed pool must raise PoolClosedError, not {error!r}"
        )

    def test_a_with_block_closes_the_pool(self) -> None:
        """And gives the pool itself."""
        pool = self.make_pool()
        with pool as entered:
            pass
        error = _raised(pool.submit, pow, 2, 3)
        assert entered is pool, "`with pool as p` must give the pool itself"
        assert isinstance(error, PoolClosedError), (
            f"submit after a with block must raise PoolClosedError, not {error!r}"
        )

    def test_no_task_is_left_waiting_by_close(self) -> None:
        """Each is done, cancelled or told that the pool was closed."""
        pool = self.make_pool()
        futures = [pool.submit(pow, i, 2) for i in range(50)]
        pool.close()
        waiting = [number for number, future in enumerate(futures) if not future.done()]
        assert not waiting, f"after close(), tasks {waiting} of 50 would be waited for in vain"


def _call(*, fn: Callable[[Any], Any], value: Any) -> Any:
    return fn(value)


def _fail(message: str) -> None:
    raise OSError(message)


def _raised(fn: Callable[..., Any], *args: Any) -> Any:
    """Give what is raised, or what is returned if nothing is."""
    try:
        return fn(*args)
    except Exception as error:  # noqa: BLE001
        return error


def _noisy(indices: Any, x: Any, names: Any, rng: Any) -> dict[str, Any]:
    return {"index": indices, "x": x + rng.random(x.shape[1:]), "names": names}


def _source() -> AbstractDataSource[dict[str, Any]]:
    x = np.arange(2.0 * _SAMPLES).reshape(_SAMPLES, 2)
    names = [str(i) for i in range(_SAMPLES)]
    return ArrayDataSource([x, names], include_indices=True).map(_noisy)


def _check_epochs(
    source: AbstractDataSource[Any], parallel: AbstractDataSource[Any], size: int
) -> None:
    for seed in (None, 5):

        def epoch(made_by: AbstractDataSource[Any], seed: int | None = seed) -> Iterator[Any]:
            rng = None if seed is None else np.random.RandomState(seed)
            return made_by.batch_iterator(size, shuffle=rng)

        expected, found = list(epoch(source)), list(epoch(parallel))
        how = "in order" if seed is None else "shuffled"
        assert same(expected, found), (
            f"batches of {size}, {how}, differ from those made inline: "
            f"{expected!r:.200} and {found!r:.200}"
        )
