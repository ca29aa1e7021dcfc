"""What a worker pool is, and the data source whose batches it makes."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Self, TypeVar

from aliquot._address import Address
from aliquot.data_source import AbstractDataSource, addressed_indices
from aliquot.errors import ArgumentTypeError
from aliquot.work_pool._stream import Task, WorkStream, check_buffer_size

BatchT_co = TypeVar("BatchT_co", covariant=True)


class AbstractWorkerPool(ABC):
    """Does tasks in the background. Close it, or use it in a ``with`` statement.

    A pool starts its workers with its first task. It can serve several data sources and streams
    at once; they share its workers.
    """

    @property
    @abstractmethod
    def processes(self) -> int:
        """The number of workers."""

    @abstractmethod
    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have ``fn(*args, **kwargs)`` done by a worker.

        Returns
        -------
        concurrent.futures.Future
            The result, or the exception, to come.

        Raises
        ------
        PoolClosedError
            If the pool is closed, or was made in another process (a `RuntimeError`).
        """

    @abstractmethod
    def close(self) -> None:
        """End the workers. Tasks that have not begun are dropped; may be called twice."""

    @abstractmethod
    def shared_constant(self, x: Any) -> Any:
        """Wrap a value that many tasks take as an argument, so that it is sent only once.

        Parameters
        ----------
        x : object
            The value.

        Returns
        -------
        object
            What to put in the arguments of tasks in place of `x`; the function gets `x`.
        """

    def work_stream(self, task_generator: Iterable[Task], task_buffer_size: int = 20) -> WorkStream:
        """Do tasks ahead of time and give their results in order.

        Parameters
        ----------
        task_generator : iterable of tuple
            Gives tasks: ``(fn,)``, ``(fn, args)`` or ``(fn, args, kwargs)``.
        task_buffer_size : int, default 20
            How many tasks are under way or done and not yet retrieved.

        Returns
        -------
        WorkStream
            The results to come; the first tasks are handed to the workers at once.

        Examples
        --------
        >>> from aliquot.work_pool import WorkerThreadPool
        >>> with WorkerThreadPool(2) as pool:
        ...     stream = pool.work_stream((pow, (i, 2)) for i in range(4))
        ...     list(stream.retrieve_iter())
        [0, 1, 4, 9]
        """
        return WorkStream(self, task_generator, task_buffer_size=task_buffer_size)

    def parallel_data_source(
        self, ds: AbstractDataSource[BatchT_co], batch_buffer_size: int = 20
    ) -> "ParallelDataSource[BatchT_co]":
        """Have the batches of a data source made by the workers.

        Parameters
        ----------
        ds : AbstractDataSource
            A random-access data source.
        batch_buffer_size : int, default 20
            How many batches are under way or ready and not yet used.

        Returns
        -------
        ParallelDataSource
            Gives the same batches in the same order.

        Raises
        ------
        ArgumentTypeError
            If `ds` is no random-access data source (a `TypeError`).

        Examples
        --------
        >>> from aliquot.data_source import ArrayDataSource
        >>> from aliquot.work_pool import WorkerThreadPool
        >>> source = ArrayDataSource([np.arange(5)])
        >>> with WorkerThreadPool(2) as pool:
        ...     parallel = pool.parallel_data_source(source, batch_buffer_size=4)
        ...     [batch.tolist() for (batch,) in parallel.batch_iterator(batch_size=2)]
        [[0, 1], [2, 3], [4]]
        """
        return ParallelDataSource(ds, batch_buffer_size, self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class ParallelDataSource(AbstractDataSource[BatchT_co]):
    """Gives the batches of a random-access data source, made by the workers of a pool.

    Made by ``pool.parallel_data_source(ds)``. Orders are drawn in this process, so batches are
    those of the data source itself, in the same order.

    Parameters
    ----------
    ds : AbstractDataSource
        A random-access data source.
    batch_buffer_size : int
        How many batches are under way or ready and not yet used.
    pool : AbstractWorkerPool
        Does the work; it stays open.

    Raises
    ------
    ArgumentTypeError
        If `ds` is no random-access data source (a `TypeError`).
    """

    def __init__(
        self, ds: AbstractDataSource[BatchT_co], batch_buffer_size: int, pool: AbstractWorkerPool
    ) -> None:
        if not isinstance(ds, AbstractDataSource):
            raise ArgumentTypeError(
                f"expected a data source, not a {type(ds).__name__}: "
                "wrap arrays as ArrayDataSource([...])"
            )
        if not ds.is_random_access:
            raise ArgumentTypeError(
                f"a pool needs a random-access data source, which {ds!r} is not: "
                "its batches can be made by one thread only"
            )
        self._ds = ds
        self._shared_ds = pool.shared_constant(ds)
        self._batch_buffer_size = check_buffer_size(batch_buffer_size)
        self._pool = pool

    def __repr__(self) -> str:
        return f"ParallelDataSource({self._ds!r}, {self._pool!r})"

    def num_samples(self, **settings: Any) -> int | float | None:
        """Count the samples of an epoch of the data source."""
        return self._ds.num_samples(**settings)

    def batch_iterator(
        self, batch_size: int, shuffle: Any = None, **settings: Any
    ) -> Iterator[BatchT_co]:
        """Iterate over one epoch; the workers begin at once.

        Raises
        ------
        Exception
            While iterating, what a worker raised, with notes on where.
        """
        batches = addressed_indices(self._ds, batch_size, shuffle, settings)
        tasks = ((_make_batch, (self._shared_ds, *own)) for own in batches)
        return self._pool.work_stream(tasks, self._batch_buffer_size).retrieve_iter()


def _make_batch(ds: AbstractDataSource[BatchT_co], indices: Any, address: Address) -> BatchT_co:
    return ds.read_at(indices, address)
