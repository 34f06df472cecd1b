"""What 200 people who log in at once take from the others: the pool of password checks bounds it."""

import multiprocessing
import statistics
import sys
import time
from pathlib import Path

from people import Caller, Crowd
from processes import progress, resident_megabytes
from romashka import Romashka

PEOPLE = 200
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


class Flood(Crowd):
    """People who log in again as soon as they are answered, or when they are told to."""

    def __init__(self, url: str):
        super().__init__(PEOPLE)
        self.url = url

    def act(self, number: int):
        """Logs in from an address of one's own."""
        caller = Caller(self.url, f"127.0.2.{number + 1}")
        while True:
            status, _, headers = caller.send(
                "POST", "/v1/auth/login",
                {"email": f"{number}.{time.time_ns()}@flood.example", "password": "not this one"})
            yield status, headers, 0


def p99(platform: Romashka, token: str, seconds: float) -> float:
    """Of the inbox, in milliseconds."""
    mine, theirs = multiprocessing.Pipe()
    # A fresh interpreter: this one's threads must not share its lock.
    process = multiprocessing.get_context("spawn").Process(
        target=probe, args=(platform.url, token, seconds, theirs))
    process.start()
    times = mine.recv() if mine.poll(seconds + 60) else "the probe did not answer"
    process.join(10)
    if isinstance(times, str):
        sys.exit(times)
    return 1000 * statistics.quantiles(times, n=100)[98]


def measure(folder: Path, cleanup, seconds: float, rounds: int) -> None:
    """Quiet and flooded in turn."""
    platform = Romashka(folder)
    cleanup.callback(platform.server.stop)
    platform.database.fill(platform.login["tenant"])
    token = platform.token()
    p99(platform, token, 2)
    quiet, flooded, memory, statuses = [], [], [], {}
    for number in range(rounds):
        progress(f"round {number + 1}: quiet")
        quiet.append(p99(platform, token, seconds))
        progress(f"round {number + 1}: {PEOPLE} people log in")
        before = resident_megabytes(platform.processes())
        with Flood(platform.url) as flood:
            time.sleep(1)
            flooded.append(p99(platform, token, seconds))
            memory.append((before, resident_megabytes(platform.processes())))
        for status, count in flood.statuses.items():
            statuses[status] = statuses.get(status, 0) + count
    checked = statuses.get(401, 0) / (rounds * (seconds + 1))
    ratio = statistics.median(flooded) / statistics.median(quiet)
    print(f"p99 of the inbox at {PACE} requests/s: quiet {statistics.median(quiet):.2f} ms, while {PEOPLE} people log in "
          f"{statistics.median(flooded):.2f} ms; ratio {ratio:.2f}, target ≤ {ALLOWED}")
    print(f"passwords checked: {checked:.1f}/s; answers {dict(sorted(statuses.items()))}")
    print(f"resident memory: {memory[0][0]:.0f} MB before, at most {max(after for _, after in memory):.0f} MB in the flood")
