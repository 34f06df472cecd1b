"""Jobs while somebody holds a snapshot: nothing that is done can be cleaned up, and the rate must not suffer."""

import statistics
import subprocess
import time
from pathlib import Path

from database import PROGRAMS
from jobs import Jobs
from processes import progress
from targets import at_least

HELD_SECONDS = 300
ALLOWED = 0.9
DEAD = """
    SELECT sum(n_dead_tup)::bigint FROM pg_stat_user_tables
    WHERE schemaname = 'core' AND relname ~ '^(jobs_|job_)' AND relname !~ 'finished'"""


def measure(folder: Path, cleanup, quick: bool) -> None:
    """The rate before, while and after a snapshot is held."""
    jobs = Jobs(folder, cleanup)
    jobs.flood({"jobs": 200})
    progress("before")
    before = [jobs.ours() for _ in range(1 if quick else 3)]
    held = 20 if quick else HELD_SECONDS
    progress(f"a snapshot is held for {held} s")
    holder = subprocess.Popen(
        [PROGRAMS / "psql", "-qAt", jobs.database.dsn("postgres", "romashka")], stdin=subprocess.PIPE, text=True,
        env=jobs.database.connection("postgres"), stdout=subprocess.DEVNULL)
    holder.stdin.write("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM core.jobs_ready;\n")
    holder.stdin.flush()
    deadline, during = time.monotonic() + held, []
    while time.monotonic() < deadline:
        during.append(jobs.ours())
    dead = jobs.database.sql(f"SELECT pg_stat_force_next_flush(); {DEAD}").split()[-1]
    holder.stdin.close()
    holder.wait(10)
    last = during[-max(1, len(during) // 4):]
    base, end = statistics.median(before), statistics.median(last)
    print(f"jobs a second before {base:,.0f}, in the last quarter of {held} s with a snapshot held {end:,.0f}: "
          f"{end / base:.2f}, {at_least('jobs while a snapshot is held ÷ before', end / base, ALLOWED)}")
    print(f"  each round: {', '.join(f'{rate:,.0f}' for rate in during)}; dead rows in the queue at the end {dead}")
