"""Background jobs: one after another for one key, side by side for different keys."""

import threading
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration_mock.model.events.schedule import Job, OrderedJobs


def test_the_next_job_of_a_key_starts_once_however_often_a_job_starts_it() -> None:
    jobs = OrderedJobs(threads=1, name="test")
    done: list[str] = []

    def eager(start_next: Callable[[], None]) -> None:
        start_next()
        start_next()
        done.append("eager")

    def job(name: str) -> Job:
        return lambda _: done.append(name)

    jobs.put("a", eager)
    jobs.put("a", job("second"))
    jobs.put("a", job("third"))
    assert jobs.drain(10)
    jobs.put("a", job("fourth"))
    assert jobs.drain(10)
    jobs.close()
    assert done == ["eager", "second", "third", "fourth"]


@settings(derandomize=True, deadline=None)
@given(st.lists(st.sampled_from("abc"), max_size=40))
def test_jobs_of_one_key_keep_their_order_whatever_the_others_do(names: list[str]) -> None:
    jobs, lock = OrderedJobs(threads=4, name="test"), threading.Lock()
    done: list[tuple[str, int]] = []

    def job(entry: tuple[str, int]) -> Job:
        def run(_: Callable[[], None]) -> None:
            with lock:
                done.append(entry)

        return run

    for number, name in enumerate(names):
        jobs.put(name, job((name, number)))
    assert jobs.drain(30)
    jobs.close()
    for name in "abc":
        assert [n for key, n in done if key == name] == [n for n, key in enumerate(names) if key == name]
