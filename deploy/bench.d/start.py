"""How soon a server is ready on a migrated database, and how much memory it holds while nobody asks anything of it."""

import json
import statistics
import time
import urllib.request
from pathlib import Path

from database import ROOT
from processes import Server, children, progress, resident_megabytes
from romashka import BINARY, Romashka
from targets import at_most

#: Seconds from the start of the process until `/readyz` is green.
ALLOWED_SECONDS = 2
#: Resident megabytes of the server.
ALLOWED_MEGABYTES = 150
#: How long it is left alone before its memory is looked at.
IDLE_SECONDS = 5


def is_ready(server: Server) -> bool:
    """Whether it has said where it listens, and is ready there."""
    said = server.output.read_bytes()
    if not said.endswith(b"\n"):
        return False
    try:
        with urllib.request.urlopen(f"{json.loads(said)['url']}/readyz", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def take(folder: Path, data: Path, number: int) -> tuple[float, float]:
    """Seconds and megabytes of one more server beside the platform's own, on the same database."""
    start = time.monotonic()
    server = Server(
        [str(BINARY), "serve", "--port", "0", "--data-dir", str(data), "--json"], folder, f"serve-{number}", {}, ROOT)
    try:
        server.wait_until(lambda: is_ready(server), pause=0.005)
        seconds = time.monotonic() - start
        time.sleep(IDLE_SECONDS)
        return seconds, resident_megabytes([server.process.pid, *children(server.process.pid)])
    finally:
        server.stop()


def measure(folder: Path, cleanup, rounds: int) -> None:
    """So many starts, one after the other, on a platform whose database is migrated and runs."""
    platform = Romashka(folder)
    cleanup.callback(platform.server.stop)
    taken = []
    for number in range(rounds):
        progress(f"round {number + 1}: a server starts")
        taken.append(take(folder, platform.data, number))
    times, sizes = zip(*taken)
    seconds, size = statistics.median(times), max(sizes)
    print(f"from start to ready: median {seconds:.2f} s, at most {max(times):.2f} s, "
          f"{at_most('median from start to ready in s', seconds, ALLOWED_SECONDS)} s")
    print(f"resident memory after {IDLE_SECONDS} s of rest: at most {size:.0f} MB, "
          f"{at_most('resident memory of a server at rest in MB', size, ALLOWED_MEGABYTES)} MB")
