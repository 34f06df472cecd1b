"""Measures Romashka, bare PostgreSQL and FastAPI in turn, and prints what each did. Called by deploy/bench."""

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

import flood
import held
import hostile
import jobs
import report
import start
import streams
import targets
import timing
import walls
from checks import check_counts, check_servers, check_sessions
from contenders import bare_postgres, bare_postgres_write, best_connections, best_rival, over_http, unsigned
from processes import progress, resident_megabytes
from rival import LAYOUTS, Rival
from romashka import Romashka


#: The modes, and which of --seconds, --rounds and --json say something to them.
MODES = {
    "throughput": ("seconds", "rounds", "json"), "logins": ("seconds", "rounds"), "timing": (),
    "walls": ("seconds", "rounds"), "jobs": ("seconds", "rounds"), "held": (), "hostile": ("seconds", "rounds"),
    "streams": ("seconds",), "start": ("rounds",),
}


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="deploy/bench")
    parser.add_argument("what", nargs="?", choices=list(MODES), default="throughput")
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--strict", action="store_true")
    given = parser.parse_args()
    for name in ("seconds", "rounds", "json"):
        if getattr(given, name) is not None and name not in MODES[given.what]:
            parser.error(f"{given.what} takes no --{name}")
    if given.quick and (given.seconds is not None or given.rounds is not None):
        parser.error("--quick stands instead of --seconds and --rounds")
    if given.seconds is None:
        given.seconds = 2 if given.quick else 8
    if given.rounds is None:
        given.rounds = 1 if given.quick else 3
    if given.seconds < 1 or given.rounds < 1:
        parser.error("at least one second and one round")
    return given


def warn_of_company() -> None:
    """Says so when other work takes part of the machine."""

    def busy_and_all() -> tuple[int, int]:
        ticks = [int(number) for number in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
        return sum(ticks) - ticks[3] - ticks[4], sum(ticks)

    busy, total = busy_and_all()
    time.sleep(1)
    share = [after - before for before, after in zip((busy, total), busy_and_all())]
    if share[0] > share[1] / 10:
        progress(
            f"other work takes {100 * share[0] // share[1]} % of this machine: trust ratios only, those by processor "
            "time most")


def measure(given: argparse.Namespace, folder: Path, cleanup: ExitStack) -> dict:
    """Starts everything, takes all samples, and returns them with the ratios."""
    warn_of_company()
    progress("starting Romashka")
    platform = Romashka(folder)
    cleanup.callback(platform.server.stop)
    # Both write a message, its counters and its event; nothing follows from it.
    platform.switch_off("knowledge")
    database = platform.database
    progress("filling the database and copying it")
    database.fill(platform.login["tenant"])
    ids = folder / "conversations.txt"
    ids.write_text("\n".join(database.conversation_ids()) + "\n")
    progress("checking that both servers do the same")
    check_sessions(database)
    rival = Rival(database, folder, *LAYOUTS[0])
    with ExitStack() as checked:
        checked.callback(rival.server.stop)
        check_servers(database, platform, rival, ids.read_text().split()[0])

    progress("looking for each server's best number of connections")
    rival, rival_get, rival_post = best_rival(database, folder, ids, given.quick)
    cleanup.callback(rival.server.stop)
    get, post = (best_connections(platform, path, given.quick)[0] for path in (None, ids))
    database.tidy()
    rival_title = f"FastAPI {{}}, {rival.workers} workers of {rival.connections} database connections"
    reads = [
        *bare_postgres(database),
        over_http(platform, "get", "Romashka GET 25", get, None),
        unsigned(platform, get),
        over_http(rival, "rival_get", rival_title.format("GET 25"), rival_get, None),
    ]
    writes = [
        bare_postgres_write(database),
        over_http(platform, "post", "Romashka POST message", post, ids),
        over_http(rival, "rival_post", rival_title.format("POST message"), rival_post, ids),
    ]
    samples = {contender.name: [] for contender in reads + writes}
    for number in range(given.rounds):
        # Forwards and backwards, so that nothing always comes after the same.
        step = 1 if number % 2 == 0 else -1
        for contender in reads[::step] + writes[::step]:
            progress(f"round {number + 1}: {contender.title}")
            samples[contender.name].append(contender.take(given.seconds))
        database.tidy()
    check_counts(database)
    memory = {
        "Romashka": resident_megabytes(platform.processes()), "FastAPI": resident_megabytes(rival.processes()),
    }
    print(report.table(reads + writes, samples), end="\n\n")
    found = report.ratios(samples)
    print(report.ratio_table(found), end="\n\n")
    for entry in found:
        if entry["target"]:
            targets.at_least(entry["what"], entry["ratio"], entry["target"])
    around = report.surroundings(database.version(), platform.version())
    print("resident memory: " + ", ".join(f"{name} {size:.0f} MB" for name, size in memory.items()))
    print(", ".join(f"{name} {value}" for name, value in around.items()))
    return {
        "samples": {name: [asdict(sample) for sample in taken] for name, taken in samples.items()},
        "ratios": found, "memory_mb": memory, "surroundings": around,
    }


def run(given: argparse.Namespace, folder: Path, cleanup: ExitStack) -> None:
    """What was asked for."""
    if given.what == "timing":
        timing.measure(folder, cleanup, 100 if given.quick else timing.SAMPLES)
    elif given.what == "jobs":
        jobs.measure(folder, cleanup, given.seconds, given.rounds)
    elif given.what == "held":
        held.measure(folder, cleanup, given.quick)
    elif given.what == "hostile":
        hostile.measure(folder, cleanup, given.seconds, given.rounds)
    elif given.what == "streams":
        streams.measure(folder, cleanup, given.seconds)
    elif given.what == "start":
        start.measure(folder, cleanup, given.rounds)
    elif given.what == "walls":
        walls.measure(folder, cleanup, given.seconds, given.rounds)
    elif given.what == "logins":
        flood.measure(folder, cleanup, given.seconds, given.rounds)
    else:
        result = measure(given, folder, cleanup)
        if given.json:
            given.json.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")


def main() -> None:
    """Measures in a folder of its own, which nothing remains of."""
    given = options()
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, lambda number, _: sys.exit(f"ended by {signal.Signals(number).name}"))
    with ExitStack() as cleanup:
        folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="romashka-bench-")))
        # The database's user must pass through.
        os.chmod(folder, 0o711)
        run(given, folder, cleanup)
    progress("done")
    targets.end(given.strict)


if __name__ == "__main__":
    main()
