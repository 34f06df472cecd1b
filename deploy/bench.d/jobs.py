"""Jobs enqueued in a commit each and run in a transaction each: ours, two libraries', and the same in raw SQL."""

import os
import re
import shutil
import statistics
import subprocess
import time
from pathlib import Path

from database import PROGRAMS, ROOT
from people import call
from processes import progress
from romashka import Romashka
from targets import at_least, at_most

PYTHON = ROOT / ".build/jobs-venv/bin/python"
RIVALS = {"procrastinate": 3000, "awa": 5000}
OURS = 20_000
TARGETS = {"procrastinate": 8, "awa": 4, "raw": 0.5}
#: Milliseconds from commit to start, and seconds behind another tenant's flood.
PICKUP_P99 = 50
BEHIND_FLOOD = 2


def plugins(folder: Path) -> Path:
    """The inbox, and the plugin that measures jobs."""
    target = folder / "plugins"
    shutil.copytree(ROOT / "Plugins/Conversations", target / "Conversations")
    shutil.copytree(ROOT / "Tests/Plugins/Bench", target / "Bench")
    return target


class Jobs:
    """The contenders, each on a database of its own in one server."""

    def __init__(self, folder: Path, cleanup):
        self.platform = Romashka(folder, plugins(folder), ("--plugin-deadline", "600"))
        cleanup.callback(self.platform.server.stop)
        self.database = self.platform.database
        self.token = self.platform.token()
        for name in [*RIVALS, "raw"]:
            self.database.sql(f"CREATE DATABASE bench_{name}")
            self.database.sql("CREATE TABLE public.effects (id bigint)", f"bench_{name}")
        self.database.sql(
            "CREATE TABLE public.raw_jobs (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, payload jsonb)", "bench_raw")
        prepare = {
            "procrastinate": [PYTHON, "-m", "procrastinate", "--app", "job_schema.app", "schema", "--apply"],
            "awa": [PYTHON, "-m", "awa", "--database-url", self.dsn("awa"), "migrate"],
        }
        for name, command in prepare.items():
            subprocess.run(
                command, check=True, cwd=Path(__file__).parent, stdout=subprocess.DEVNULL,
                env=os.environ | {"JOBS_DSN": self.dsn(name)})

    def dsn(self, name: str) -> str:
        """A rival's database by TCP, as its client library wants it."""
        return (f"postgresql://postgres:{self.database.passwords['postgres']}@127.0.0.1:{self.database.port}"
                f"/bench_{name}")

    def spent(self, database: str) -> tuple[int, int]:
        """Bytes of WAL of the whole server, and commits of one database, up to now."""
        # Backends hand in their counts when they have been idle for a while.
        time.sleep(2)
        answer = self.database.sql(f"""
            SELECT (pg_current_wal_lsn() - '0/0'::pg_lsn)::bigint || ' ' || xact_commit
            FROM pg_stat_database WHERE datname = '{database}'""")
        wal, commits = map(int, answer.split())
        return wal, commits

    def cost(self, name: str, seconds: float) -> tuple[float, float, float]:
        """Jobs a second of a contender; WAL bytes and commits of each job, from enqueuing to its end."""
        database = "romashka" if name == "ours" else f"bench_{name}"
        before = self.spent(database)
        rate = self.ours() if name == "ours" else self.raw(seconds) if name == "raw" else self.rival(name)
        after = self.spent(database)
        jobs = OURS if name == "ours" else RIVALS.get(name) or rate * max(2, int(seconds))
        return rate, (after[0] - before[0]) / jobs, (after[1] - before[1]) / jobs

    def ours(self) -> float:
        """Jobs a second, from the first that is enqueued to the last that is done."""
        with self.database.asking() as ask:
            before, begin = ask(
                "SELECT count(*), extract(epoch FROM clock_timestamp()) FROM core.jobs_finished").split("|")
            self.flood({"jobs": OURS})
            # What is left is asked for, and not what is done, of which there is ever more to count.
            left = " OR ".join(
                f"EXISTS (SELECT FROM core.{table} WHERE module = 'bench')"
                for table in ("jobs_ready", "jobs_running", "jobs_waiting"))
            while ask(f"SELECT {left}") == "t":
                time.sleep(0.05)
            after, end = ask(
                "SELECT count(*), extract(epoch FROM max(finished_at)) FROM core.jobs_finished").split("|")
        if int(after) != int(before) + OURS:
            raise RuntimeError(f"of {OURS} jobs {int(after) - int(before)} were done")
        return OURS / (float(end) - float(begin))

    def rival(self, name: str) -> float:
        """The same of a rival, with a process that enqueues and one that runs."""
        with self.database.asking(f"bench_{name}") as ask:
            return self.watch(name, lambda: int(ask("SELECT count(*) FROM public.effects")))

    def watch(self, name: str, count) -> float:
        """Jobs a second of a rival, whose effects `count` tells."""
        jobs = RIVALS[name]
        script = Path(__file__).parent / "job_rivals.py"
        command = [str(PYTHON), str(script), name]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        worker = subprocess.Popen([*command, "work", self.dsn(name), "0"], **quiet)
        try:
            time.sleep(3)
            before, start = count(), time.perf_counter()
            producer = subprocess.Popen([*command, "produce", self.dsn(name), str(jobs)], **quiet)
            deadline = time.perf_counter() + 120
            # Its start is not counted, its first effect begins the time.
            while count() == before and time.perf_counter() < deadline:
                time.sleep(0.01)
            start = time.perf_counter()
            while count() < before + jobs and time.perf_counter() < deadline:
                time.sleep(0.05)
            done = count() - before
            producer.wait(30)
            return done / (time.perf_counter() - start)
        finally:
            worker.terminate()
            worker.wait(30)

    def raw(self, seconds: float) -> float:
        """A commit for a job and a transaction that takes it and does the same, by pgbench."""
        output = subprocess.run(
            [PROGRAMS / "pgbench", "-n", "-M", "prepared", "-c", "16", "-j", "2", "-T", str(max(2, int(seconds))),
             "-f", Path(__file__).parent / "raw_jobs.pgbench", self.dsn("raw")],
            check=True, capture_output=True, text=True).stdout
        return float(re.search(r"tps = ([\d.]+)", output)[1])

    def first(self) -> float:
        """Milliseconds from commit to start of a job whose module has no process yet."""
        self.flood({"jobs": 1})
        while not self.finished():
            time.sleep(0.05)
        return float(self.database.sql(
            "SELECT EXTRACT(epoch FROM min(claimed_at - enqueued_at)) * 1000 FROM core.jobs_finished"))

    def pickup(self) -> tuple[float, float]:
        """Milliseconds from commit to start at 200 jobs a second, p50 and p99."""
        before = self.finished()
        self.flood({"jobs": 2000, "pace": 200, "callers": 16})
        while self.finished() < before + 2000:
            time.sleep(0.05)
        answer = self.database.sql("""
            SELECT percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (
                ORDER BY EXTRACT(epoch FROM claimed_at - enqueued_at) * 1000)
            FROM (SELECT * FROM core.jobs_finished ORDER BY id DESC LIMIT 2000) AS last""")
        p50, p99 = map(float, answer.strip("{}").split(","))
        return p50, p99

    def flooded(self) -> float:
        """Seconds until one tenant's single job starts behind another's flood of 10,000 jobs of 20 ms."""
        self.database.sql("""
            INSERT INTO core.tenants (id, slug, name) VALUES (gen_random_uuid(), 'small', 'Small')
            ON CONFLICT DO NOTHING""")
        put = """
            SELECT count(core.put_job(t.id, 'bench', 'bench.work', '{{"milliseconds": 20}}', NULL, 5::int2, NULL, NULL,
                                      NULL, false, NULL, 0::int2, NULL))
            FROM core.tenants AS t, generate_series(1, {count}) WHERE t.slug = '{slug}'"""
        before = self.finished()
        self.database.sql(put.format(count=10_000, slug=self.platform.login["tenant"]))
        self.database.sql(put.format(count=1, slug="small"))
        while self.finished() < before + 10_001:
            time.sleep(0.2)
        return float(self.database.sql("""
            SELECT EXTRACT(epoch FROM max(j.claimed_at - j.enqueued_at))
            FROM core.jobs_finished AS j JOIN core.tenants AS t ON t.id = j.tenant_id AND t.slug = 'small'"""))

    def flood(self, body: dict) -> None:
        """Lets the plugin enqueue jobs."""
        call(self.platform.url, "/v1/bench/floods", body, self.token, timeout=600)

    def finished(self) -> int:
        """How many jobs are done."""
        return int(self.database.sql("SELECT count(*) FROM core.jobs_finished"))


def measure(folder: Path, cleanup, seconds: float, rounds: int) -> None:
    """All contenders in turn, then what only ours is asked."""
    jobs = Jobs(folder, cleanup)
    first = jobs.first()
    jobs.flood({"jobs": 200})
    costs: dict[str, list[tuple[float, float, float]]] = {name: [] for name in ["ours", "raw", *RIVALS]}
    for number in range(rounds):
        for name in costs:
            progress(f"round {number + 1}: {name}")
            costs[name].append(jobs.cost(name, seconds))

    def median(name: str, column: int) -> float:
        return statistics.median(cost[column] for cost in costs[name])

    def spends(name: str) -> str:
        return f"{median(name, 1):6,.0f} bytes of WAL, {median(name, 2):.2f} commits a job"

    ours = median("ours", 0)
    print("jobs a second, a commit to enqueue and a transaction to run each, synchronous_commit on")
    print(f"  Romashka       {ours:8,.0f}   {spends('ours')}")
    for name, target in TARGETS.items():
        rate = median(name, 0)
        aim = at_least(f"Romashka ÷ {name}", ours / rate, target)
        print(f"  {name:14} {rate:8,.0f}   {spends(name)}; Romashka ÷ {name}: {ours / rate:.2f}, {aim}")
    p50, p99 = jobs.pickup()
    aim = at_most("p99 of the pickup in ms", p99, PICKUP_P99)
    print(f"pickup at 200 jobs/s: p50 {p50:.1f} ms, p99 {p99:.1f} ms, {aim} ms")
    print(f"pickup of a module's first job, which its process has to start for: {first:.0f} ms")
    start = jobs.flooded()
    aim = at_most("start behind another tenant's 10,000 in s", start, BEHIND_FLOOD)
    print(f"one job behind another tenant's 10,000: starts after {start:.2f} s, {aim} s")
