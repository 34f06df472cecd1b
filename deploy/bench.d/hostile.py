"""What jobs that misbehave take from the p99 of the inbox, and whose jobs an operator sees at it."""

import time
from pathlib import Path

from inbox import ALLOWED, PACE, Comparison, noise, times
from processes import progress
from romashka import Romashka
from targets import at_most
from walls import plugins

#: What a job does, for how many milliseconds (megabytes for a leak), and how many such jobs wait.
KINDS = {
    "sleep": (60_000, 500), "hold": (60_000, 500), "spin": (60_000, 50), "leak": (200, 200), "trap": (0, 200),
    "nothing": (0, 20_000),
}


def enqueue(platform: Romashka, kind: str) -> None:
    """Floods the plugin's own queue."""
    amount, count = KINDS[kind]
    platform.database.sql(f"""
        SELECT count(core.put_job(
            t.id, 'knowledge', 'knowledge.act', '{{"kind": "{kind}", "milliseconds": {amount}}}', NULL, 5::int2, NULL,
            NULL, NULL, false, NULL, 0::int2, NULL))
        FROM core.tenants AS t, generate_series(1, {count}) WHERE t.slug = '{platform.login["tenant"]}'""")


def clear(platform: Romashka) -> str:
    """Says what became of them, and takes back what is left."""
    seen = platform.database.sql("""
        SELECT COALESCE(string_agg(code || ' ' || jobs, ', '), 'none')
        FROM (SELECT failures -> -1 ->> 'code' AS code, count(*) AS jobs
              FROM (SELECT failures FROM core.jobs_ready UNION ALL SELECT failures FROM core.jobs_waiting
                    UNION ALL SELECT failures FROM core.jobs_running UNION ALL SELECT failures FROM core.jobs_dead
                   ) AS lying
              WHERE failures <> '[]' GROUP BY 1) AS counted""")
    for table in ("jobs_ready", "jobs_waiting", "jobs_dead", "plugin_crashes", "plugin_pauses"):
        platform.database.sql(f"DELETE FROM core.{table}")
    return seen


def measure(folder: Path, cleanup, seconds: float, rounds: int) -> None:
    """Alone and beside each kind of job in turn."""
    platform = Romashka(folder, plugins(folder))
    cleanup.callback(platform.server.stop)
    platform.database.fill(platform.login["tenant"])
    times(platform, platform.token(), 2)
    found = {kind: Comparison() for kind in KINDS}
    seen: dict[str, str] = {}
    for number in range(rounds):
        for kind in KINDS:
            progress(f"round {number + 1}: alone, then beside jobs that do: {kind}")
            token = platform.token()
            found[kind].alone.append(times(platform, token, seconds))
            enqueue(platform, kind)
            time.sleep(1)
            found[kind].beside.append(times(platform, token, seconds))
            seen[kind] = clear(platform)
            # Their process is ended at the deadline of 2 s, when it does not end by itself.
            time.sleep(8)
    print(f"p99 of the inbox at {PACE} requests/s beside jobs that misbehave, target ≤ {ALLOWED}")
    for kind, comparison in found.items():
        at_most(f"p99 of the inbox beside jobs that do: {kind}", comparison.ratio, ALLOWED)
        print(f"  {kind:8} {comparison}; failures of knowledge.act seen: {seen[kind]}")
    print(f"  the same of nothing: {noise(list(found.values()))}")
