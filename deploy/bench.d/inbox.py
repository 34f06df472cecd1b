"""Times of the inbox at a steady pace, alone and beside something that disturbs it."""

import multiprocessing
import statistics
import sys
import time

from people import Caller
from romashka import Romashka

# Requests for each second that the time is taken of, far below what the server can do.
PACE = 100
ALLOWED = 1.1


def probe(url: str, token: str, seconds: float, answer) -> None:
    """Asks for the inbox at a steady pace and sends the times; in a process of its own."""
    caller = Caller(url)
    times, start = [], time.perf_counter()
    for number in range(int(seconds * PACE)):
        delay = start + number / PACE - time.perf_counter()
        if delay > 0:
            time.sleep(delay)
        status = 0
        while status == 0:
            try:
                status, _, _ = caller.send("GET", "/v1/conversations?limit=25", token=token)
            except OSError:
                # The process ended; a client asks again, and the time runs on.
                time.sleep(0.005)
                caller = Caller(url)
        if status != 200:
            answer.send(f"the inbox was answered with {status}")
            return
        # From when it was due: what a request waits for the one before it counts.
        times.append(time.perf_counter() - start - number / PACE)
    answer.send(times)


def times(platform: Romashka, token: str, seconds: float) -> list[float]:
    """Of the inbox, in milliseconds."""
    mine, theirs = multiprocessing.Pipe()
    # A fresh interpreter: this one's threads must not share its lock.
    process = multiprocessing.get_context("spawn").Process(
        target=probe, args=(platform.url, token, seconds, theirs))
    process.start()
    taken = mine.recv() if mine.poll(seconds + 60) else "the probe did not answer"
    process.join(10)
    if isinstance(taken, str):
        sys.exit(taken)
    return [1000 * time for time in taken]


def p99(rounds: list[list[float]]) -> float:
    """Of the times of several rounds together."""
    return statistics.quantiles([time for taken in rounds for time in taken], n=100)[98]


class Comparison:
    """Times alone and beside something, taken in turn, so that what else the machine does falls on both."""

    def __init__(self):
        self.alone: list[list[float]] = []
        self.beside: list[list[float]] = []

    @property
    def ratio(self) -> float:
        """Of the p99 beside it to the p99 alone."""
        return p99(self.beside) / p99(self.alone)

    def __str__(self):
        alone, beside = p99(self.alone), p99(self.beside)
        each = ", ".join(f"{p99([b]) / p99([a]):.2f}" for a, b in zip(self.alone, self.beside))
        return f"alone {alone:.2f} ms, beside it {beside:.2f} ms, ratio {self.ratio:.2f} (of the rounds: {each})"


def noise(comparisons: list[Comparison]) -> str:
    """What the ratio of two p99s comes to where nothing differs: of the rounds alone, each and the next."""
    alone = [taken for comparison in comparisons for taken in comparison.alone]
    if len(alone) < 2:
        return "unknown of one round"
    ratios = sorted(p99([b]) / p99([a]) for a, b in zip(alone, alone[1:]))
    return f"{ratios[0]:.2f} to {ratios[-1]:.2f}, all together {p99(alone[1::2]) / p99(alone[::2]):.2f}"
