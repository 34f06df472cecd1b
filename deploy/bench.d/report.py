"""The table of medians, the ratios that are aimed at, and where they were taken."""

import importlib.metadata
import os
import platform
import re
import statistics
from pathlib import Path

from contenders import Contender
from load import Sample
from processes import run

# What is divided by what, and at least how much the design asks for.
RATIOS = [
    ("GET ÷ FastAPI", "get", "rival_get", 5),
    ("GET ÷ pgbench pipelined, 4 clients", "get", "signed_4", 0.4),
    ("GET ÷ pgbench pipelined, 1 client", "get", "signed_1", None),
    ("POST ÷ FastAPI", "post", "rival_post", 4),
    ("POST ÷ pgbench pipelined, 8 clients", "post", "bare_post", None),
    ("signed ÷ unverified session, whole GET", "get", "get_unsigned", 0.8),
    ("signed ÷ unsigned session, pgbench, 1 client", "signed_1", "claims_1", None),
    ("signed ÷ unsigned session, pgbench, 4 clients", "signed_4", "claims_4", None),
    ("signed ÷ plain GUC and tenant rule, pgbench, 1 client", "signed_1", "plain_1", None),
    ("signed ÷ plain GUC and tenant rule, pgbench, 4 clients", "signed_4", "plain_4", None),
]


def table(contenders: list[Contender], samples: dict[str, list[Sample]]) -> str:
    """A row for each contender: medians, and the processor time of a request in the round where it was least."""
    head = ["what", "requests/s", "best round", "p50 ms", "p99 ms", "server µs", "database µs"]
    rows = [head, ["---"] + ["--:"] * (len(head) - 1)]
    for contender in contenders:
        taken = samples[contender.name]
        cheapest = min(taken, key=lambda sample: sample.cost)
        errors = sum(sample.errors for sample in taken)
        rows.append([
            contender.title + (f" ({errors} errors)" if errors else ""),
            f"{statistics.median(sample.rate for sample in taken):,.0f}",
            f"{max(sample.rate for sample in taken):,.0f}",
            f"{statistics.median(sample.p50 for sample in taken):.2f}",
            f"{statistics.median(sample.p99 for sample in taken):.2f}",
            f"{cheapest.server_cost:.0f}" if cheapest.server_cost else "",
            f"{cheapest.database_cost:.0f}",
        ])
    return _aligned(rows)


def ratios(samples: dict[str, list[Sample]]) -> list[dict]:
    """Each ratio as the median over the rounds, and as other work on the machine disturbs it least: of the best rounds'
    rates, and of the least processor times."""
    found = []
    for title, above, below, target in RATIOS:
        pairs = list(zip(samples[above], samples[below]))
        found.append({
            "what": title,
            "ratio": statistics.median(a.rate / b.rate for a, b in pairs),
            "of_best_rounds": max(a.rate for a, _ in pairs) / max(b.rate for _, b in pairs),
            "by_processor_time": min(b.cost for _, b in pairs) / min(a.cost for a, _ in pairs),
            "target": target,
        })
    return found


def ratio_table(found: list[dict]) -> str:
    """The ratios with what they should be at least."""
    rows = [["ratio", "median", "of best rounds", "by processor time", "target"], ["---", "--:", "--:", "--:", "--:"]]
    for entry in found:
        target = f"≥ {entry['target']}" if entry["target"] else ""
        rows.append([entry["what"], f"{entry['ratio']:.2f}", f"{entry['of_best_rounds']:.2f}",
                     f"{entry['by_processor_time']:.2f}", target])
    return _aligned(rows)


def surroundings(postgres: str, romashka: str) -> dict[str, str]:
    """The machine and the versions."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    packages = ("fastapi", "asyncpg", "uvicorn", "uvloop")
    return {
        "cores": f"{len(os.sched_getaffinity(0))}" + (f" of {model[1]}" if model else ""),
        "PostgreSQL": postgres,
        "Romashka": romashka,
        "Python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in packages},
        "wrk": run(["dpkg-query", "-W", "-f", "${Version}", "wrk"]) if Path("/usr/bin/dpkg-query").exists() else "?",
    }


def _aligned(rows: list[list[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
