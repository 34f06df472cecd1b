"""Runs one rival's jobs: enqueued in a commit each by 32 callers, run in a transaction each, while others are enqueued.

usage: job_rivals.py procrastinate|awa produce|work DSN JOBS
"""

import asyncio
import sys
from dataclasses import dataclass

CALLERS = 32
WORKERS = 64
EFFECT = "INSERT INTO effects (id) VALUES (%s)"


async def produce(jobs: int, enqueue) -> None:
    """Enqueues so many jobs, each by itself."""
    async def caller(first: int) -> None:
        for number in range(first, jobs, CALLERS):
            await enqueue(number)

    await asyncio.gather(*(caller(first) for first in range(CALLERS)))


async def procrastinate(role: str, dsn: str, jobs: int) -> None:
    """procrastinate with its psycopg pool."""
    import procrastinate
    from psycopg_pool import AsyncConnectionPool

    app = procrastinate.App(connector=procrastinate.PsycopgConnector(
        conninfo=dsn, max_size=CALLERS if role == "produce" else 16, min_size=4))
    effects = AsyncConnectionPool(dsn, min_size=4, max_size=8, open=False)

    @app.task(name="work")
    async def work(number: int) -> None:
        async with effects.connection() as connection:
            await connection.execute(EFFECT, (number,))

    async with app.open_async():
        if role == "produce":
            await produce(jobs, lambda number: work.defer_async(number=number))
            return
        await effects.open()
        await app.run_worker_async(concurrency=WORKERS, wait=True, listen_notify=True)


@dataclass
class Work:
    """A job of awa."""

    number: int


async def awa(role: str, dsn: str, jobs: int) -> None:
    """awa with its own client."""
    from awa import AsyncClient
    from psycopg_pool import AsyncConnectionPool

    client = AsyncClient(dsn)
    if role == "produce":
        await produce(jobs, lambda number: client.insert(Work(number), queue="bench"))
        return
    async with AsyncConnectionPool(dsn, min_size=4, max_size=8) as effects:
        @client.task(Work, queue="bench")
        async def work(job) -> None:
            async with effects.connection() as connection:
                await connection.execute(EFFECT, (job.args.number,))

        await client.start([("bench", WORKERS)])
        await asyncio.Event().wait()


if __name__ == "__main__":
    name, role, dsn, jobs = sys.argv[1:]
    asyncio.run({"procrastinate": procrastinate, "awa": awa}[name](role, dsn, int(jobs)))
