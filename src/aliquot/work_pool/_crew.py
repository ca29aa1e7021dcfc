"""Threads that share a queue of jobs, and the pool around them."""

import os
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any

from aliquot.errors import PoolClosedError
from aliquot.work_pool._cores import check_workers
from aliquot.work_pool._parallel import AbstractWorkerPool

Job = tuple[Future[Any], Callable[..., Any], tuple[Any, ...], dict[str, Any]]


class Crew:
    """The threads of a pool and the queue that they share.

    It knows nothing of the pool, so that a pool which nobody holds is collected, and its threads
    end: a thread that held its pool would keep it alive for ever.
    """

    def __init__(self, n: int, work: Callable[["Crew"], None]) -> None:
        self.closing = False
        self.interrupts: set[Callable[[], None]] = set()
        """What to call at the end so that no thread waits for something that goes on."""
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._n = n
        self._work = work
        self._threads: list[threading.Thread] = []

    def put(self, job: Job) -> None:
        """Add a job for the threads, which start with the first one."""
        while len(self._threads) < self._n:
            name = f"aliquot worker {len(self._threads)}"
            thread = threading.Thread(target=self._work, args=(self,), name=name, daemon=True)
            thread.start()
            self._threads.append(thread)
        self._jobs.put(job)

    def next_job(self) -> Job | None:
        """Wait for a job; `None` when it is time to end. Jobs left at closing are cancelled."""
        while (job := self._jobs.get()) is not None:
            if self.closing:
                job[0].cancel()
            elif job[0].set_running_or_notify_cancel():
                return job
            del job
        return None

    def stop(self) -> None:
        """Ask the threads to end; does not wait, as it runs in finalisers too."""
        self.closing = True
        for interrupt in tuple(self.interrupts):
            interrupt()
        for _ in self._threads:
            self._jobs.put(None)

    def join(self) -> None:
        """Wait until the threads have ended, except for the one that calls."""
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join()


class CrewPool(AbstractWorkerPool):
    """A pool whose jobs are taken by the threads of a crew."""

    def __init__(self, processes: int | None, work: Callable[[Crew], None]) -> None:
        self._n = check_workers(processes)
        self._crew = Crew(self._n, work)
        self._made_in = os.getpid()
        # Held while jobs are added and while closing, so that no job comes after the end.
        self._lock = threading.RLock()
        self._end = weakref.finalize(self, _end, self._crew, self._made_in)

    def __repr__(self) -> str:
        state = ", closed" if self._crew.closing else ""
        return f"{type(self).__name__}(processes={self._n}{state})"

    @property
    def processes(self) -> int:
        """The number of workers."""
        return self._n

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have ``fn(*args, **kwargs)`` done by a worker; see `AbstractWorkerPool.submit`."""
        if os.getpid() != self._made_in:
            raise PoolClosedError(
                "the pool was made before this process was forked, and its workers are not in "
                "it: make a pool in each process"
            )
        future: Future[Any] = Future()
        with self._lock:
            if self._crew.closing:
                raise PoolClosedError("the pool is closed: make a new one")
            self._crew.put((future, fn, args, kwargs))
        return future

    def close(self, *, wait: bool = True) -> None:
        """End the workers; see `AbstractWorkerPool.close`.

        Parameters
        ----------
        wait : bool, default True
            Whether to wait until all have ended. A thread that is stuck in a task cannot be ended:
            it goes with the process.
        """
        if os.getpid() == self._made_in:
            with self._lock:
                self._end()
            if wait:
                self._crew.join()


def _end(crew: Crew, made_in: int) -> None:
    # In a forked child the threads, and the processes they serve, are the parent's.
    if os.getpid() == made_in:
        crew.stop()
