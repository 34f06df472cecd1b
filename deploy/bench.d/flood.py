"""What 200 people who log in at once take from the others: the pool of password checks bounds it."""

import time
from pathlib import Path

from inbox import ALLOWED, PACE, Comparison, noise, times
from people import Caller, Crowd
from processes import progress, resident_megabytes
from romashka import Romashka
from targets import at_most

PEOPLE = 200


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


def measure(folder: Path, cleanup, seconds: float, rounds: int) -> None:
    """Quiet and flooded in turn."""
    platform = Romashka(folder)
    cleanup.callback(platform.server.stop)
    platform.database.fill(platform.login["tenant"])
    token = platform.token()
    times(platform, token, 2)
    comparison, memory, statuses = Comparison(), [], {}
    for number in range(rounds):
        progress(f"round {number + 1}: alone")
        token = platform.token()
        comparison.alone.append(times(platform, token, seconds))
        progress(f"round {number + 1}: {PEOPLE} people log in")
        before = resident_megabytes(platform.processes())
        with Flood(platform.url) as flood:
            time.sleep(1)
            comparison.beside.append(times(platform, token, seconds))
            memory.append((before, resident_megabytes(platform.processes())))
        for status, count in flood.statuses.items():
            statuses[status] = statuses.get(status, 0) + count
    checked = statuses.get(401, 0) / (rounds * (seconds + 1))
    what = f"p99 of the inbox at {PACE} requests/s while {PEOPLE} people log in"
    print(f"{what}: {comparison}, {at_most(what, comparison.ratio, ALLOWED)}")
    print(f"the same of nothing: {noise([comparison])}")
    print(f"passwords checked: {checked:.1f}/s; answers {dict(sorted(statuses.items()))}")
    print(f"resident memory: {memory[0][0]:.0f} MB before, at most {max(after for _, after in memory):.0f} MB in the flood")
