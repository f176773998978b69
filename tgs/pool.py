"""Work on many things in several processes, which end with the one that started them."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any, TypeVar

from tgs.errors import ConfigError

Job = TypeVar("Job")
Result = TypeVar("Result")


def in_processes(work: Callable[[Job], Result], jobs: Sequence[Job], workers: int) -> Iterator[Result]:
    """What `work` makes of every job, in order: in this process, or in several.

    Args:
        work: handed to every process once; it, the jobs and the results must pickle.
        jobs: handed out a few at a time.
        workers: how many processes; 1 is this one.
    Raises:
        ConfigError: fewer than one.
    """
    if workers < 1:
        raise ConfigError(f"workers={workers}: at least one is needed.")
    if workers == 1:
        yield from map(work, jobs)
        return
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, spawn, initializer=_begin, initargs=(work,)) as pool:
        try:
            yield from pool.map(_do, jobs, chunksize=4)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


_work: Callable[[Any], Any] | None = None  # of one of the pool's processes


def _begin(work: Callable[[Any], Any]) -> None:
    """Keep the work, and end when whoever started the pool is killed: else the process would wait for ever."""
    global _work
    _work = work
    parent = multiprocessing.parent_process()
    assert parent is not None, "the pool starts it"

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _do(job: Any) -> Any:
    assert _work is not None, "the pool's initializer brings it"
    return _work(job)
