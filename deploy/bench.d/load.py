"""One measurement: pgbench or wrk for some seconds."""

import re
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from database import HERE, PROGRAMS, Database
from processes import processor_seconds, run

PAGE = 25
MESSAGE = '{"content":"Thank you for waiting. Your parcel left our warehouse this morning."}'


@dataclass
class Sample:
    """What one measurement gave."""

    rate: float
    p50: float
    p99: float
    count: int
    errors: int
    # microseconds of processor time for each request
    server_cost: float = 0
    database_cost: float = 0

    @property
    def cost(self) -> float:
        """The processor time of a request: the server's, if there is one, and the database's."""
        return self.server_cost + self.database_cost


def pgbench(
    database: Database, script: str, clients: int, seconds: float, role: str, name: str, variables: dict[str, str]
) -> Sample:
    """Transactions of a script on the database `name`, prepared statements, without think time."""
    given = variables | {
        "tenant": database.tenant, "limit": str(PAGE + 1), "last_message_at": "9999-12-31 23:59:59+00",
        "last_id": "ffffffff-ffff-ffff-ffff-ffffffffffff",
    }
    with tempfile.TemporaryDirectory() as folder:
        output = run(
            [str(PROGRAMS / "pgbench"), "-n", "-M", "prepared", "-f", str(HERE / script), "-c", str(clients), "-j", "1",
             "-T", str(max(1, round(seconds))), "-l", "--sampling-rate=0.1", f"--log-prefix={folder}/log",
             *(f"-D{key}={value}" for key, value in given.items()), name],
            seconds + 30, database.connection(role))
        times = [int(line.split()[2]) / 1000 for log in Path(folder).iterdir() for line in log.open()]
    rate = float(re.search(r"tps = ([\d.]+)", output)[1])
    count = int(re.search(r"actually processed: (\d+)", output)[1])
    failed = int(re.search(r"failed transactions: (\d+)", output)[1])
    return Sample(rate, statistics.median(times), statistics.quantiles(times, n=100)[98], count, failed)


def wrk(url: str, token: str, connections: int, seconds: float, ids: Path | None = None) -> Sample:
    """GET of the inbox, or with `ids` POST of messages to these conversations; as fast as it goes."""
    script = ["-s", str(HERE / "post.lua")] if ids else []
    target = url if ids else f"{url}/v1/conversations?limit={PAGE}"
    output = run(
        ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "5s", "--latency", *script,
         "-H", f"Authorization: Bearer {token}", target],
        seconds + 30, {"BENCH_IDS": str(ids), "BENCH_BODY": MESSAGE, "BENCH_SEED": str(time.time_ns() % 10**9)})
    errors = [int(number) for number in re.findall(r"Non-2xx or 3xx responses: (\d+)", output)]
    errors += [int(number) for number in re.findall(r"(?:connect|read|write|timeout) (\d+)", output)]
    return Sample(
        float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1]), _milliseconds(output, 50), _milliseconds(output, 99),
        int(re.search(r"(\d+) requests in", output)[1]), sum(errors))


def with_costs(work: Callable[[], Sample], database: Database, server: list[int]) -> Sample:
    """The sample, with what it cost the server's processes and the database's. This depends far less than the rate on
    what else the machine does."""
    before = processor_seconds(server), processor_seconds(database.processes())
    sample = work()
    # Connections that were closed just now are counted either alive or among what the postmaster has buried.
    time.sleep(0.3)
    after = processor_seconds(server), processor_seconds(database.processes())
    sample.server_cost, sample.database_cost = ((b - a) * 1e6 / sample.count for a, b in zip(before, after))
    return sample


def _milliseconds(output: str, percentile: int) -> float:
    number, unit = re.search(rf"{percentile}%\s+([\d.]+)(us|ms|s)\b", output).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]
