"""What is measured: a name, how it reads in the table, and how to take one sample."""

from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import keys
from database import CONVERSATIONS, MODULE_ROLE, Database
from load import Sample, pgbench, with_costs, wrk
from processes import progress
from rival import LAYOUTS, Rival
from romashka import Romashka

CONNECTIONS = [8, 16, 32, 64]
CALIBRATION_SECONDS = 1


@dataclass
class Contender:
    """One line of the table."""

    name: str
    title: str
    take: Callable[[float], Sample]


def bare_postgres(database: Database) -> list[Contender]:
    """The list of 25 by pgbench: without row-level security, and pipelined with three kinds of session."""
    claims = keys.session_claims(database.tenant, database.tenant)
    sessions = {"token": keys.session_token(database.master, claims), "claims": claims}
    kinds = [
        ("bare", "list.pgbench", "postgres", "romashka", "one statement, no RLS"),
        ("signed", "list_signed.pgbench", MODULE_ROLE, "romashka", "pipelined, RLS, signed session"),
        ("claims", "list_claims.pgbench", "bench_claims", "rival", "pipelined, RLS, same rules, unsigned"),
        ("plain", "list_plain.pgbench", "bench_plain", "rival", "pipelined, RLS, tenant rule only, GUC"),
    ]

    def contender(name: str, script: str, role: str, base: str, title: str, clients: int) -> Contender:
        return Contender(
            f"{name}_{clients}", f"pgbench list: {title}, {clients} client{'s' * (clients > 1)}",
            lambda seconds: with_costs(
                lambda: pgbench(database, script, clients, seconds / 2, role, base, sessions), database, []))

    return [contender(*kind, clients) for kind in kinds for clients in (1, 4)]


def bare_postgres_write(database: Database) -> Contender:
    """What PostgreSQL alone can do of the POST."""
    claims = keys.session_claims(database.tenant, database.tenant, mode="w")
    variables = {
        "token": keys.session_token(database.master, claims), "conversations": str(CONVERSATIONS),
        "content": "Thank you for waiting. Your parcel left our warehouse this morning.",
    }
    return Contender(
        "bare_post", "pgbench message: pipelined, RLS, signed session, 8 clients",
        lambda seconds: with_costs(
            lambda: pgbench(database, "add_signed.pgbench", 8, seconds / 2, MODULE_ROLE, "romashka", variables),
            database, []))


def over_http(server: Romashka | Rival, name: str, title: str, connections: int, ids: Path | None) -> Contender:
    """A server by wrk, after a second of warming up."""

    def take(seconds: float) -> Sample:
        token = server.token()
        wrk(server.url, token, connections, 1, ids)
        return with_costs(
            lambda: wrk(server.url, token, connections, seconds, ids), server.database, server.processes())

    return Contender(name, f"{title}, {connections} connections", take)


def unsigned(server: Romashka, connections: int) -> Contender:
    """Romashka's GET when the database believes everything."""

    def take(seconds: float) -> Sample:
        with server.without_signatures():
            return over_http(server, "", "", connections, None).take(seconds)

    return Contender("get_unsigned", f"Romashka GET 25, session not verified, {connections} connections", take)


def best_connections(server: Romashka | Rival, ids: Path | None, is_quick: bool) -> tuple[int, float]:
    """How many connections serve most requests, and how many that is."""
    if is_quick:
        return 16, 0
    token = server.token()
    rates = {count: wrk(server.url, token, count, CALIBRATION_SECONDS, ids).rate for count in CONNECTIONS}
    best = max(rates, key=rates.get)
    return best, rates[best]


def best_rival(database: Database, folder: Path, ids: Path, is_quick: bool) -> tuple[Rival, int, int]:
    """FastAPI as it serves most, with the connections for GET and POST."""
    if is_quick:
        return Rival(database, folder, 2, 4), 16, 16
    found = []
    for workers, size in LAYOUTS:
        rival = Rival(database, folder, workers, size)
        try:
            (get, get_rate), (post, post_rate) = (best_connections(rival, path, is_quick) for path in (None, ids))
        finally:
            rival.server.stop()
        progress(f"FastAPI, {workers} workers of {size} connections: GET {get_rate:.0f}/s, POST {post_rate:.0f}/s")
        found.append((get_rate * post_rate, workers, size, get, post))
    _, workers, size, get, post = max(found)
    return Rival(database, folder, workers, size), get, post
