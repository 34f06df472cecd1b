"""Event streams: how late events are at many listeners, and what the listeners cost in memory."""

import asyncio
import json
import resource
import statistics
import time
from pathlib import Path
from urllib.parse import urlsplit

from people import call, onboard
from processes import children, progress, resident_megabytes
from romashka import Romashka
from targets import at_most

LISTENERS = 1000
CROWD = 2000
#: Messages a second while the time is taken: each is sent to every listener.
PACE = 2
#: Milliseconds from request to listener.
ALLOWED_P99 = 1000


class Listener:
    """One stream, which notes how late each message comes."""

    def __init__(self, late: list[float]):
        self.late = late
        self.task: asyncio.Task | None = None

    async def begin(self, url: str, token: str) -> None:
        """Opens the stream and reads it in the background."""
        place = urlsplit(url)
        self.reader, self.writer = await asyncio.open_connection(place.hostname, place.port)
        self.writer.write(
            f"GET /v1/events/stream HTTP/1.1\r\nHost: {place.netloc}\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        head = await self.reader.readuntil(b"\r\n\r\n")
        status = head.splitlines()[0].decode()
        if " 200 " not in status:
            raise SystemExit(f"a stream was answered with {status}")
        self.task = asyncio.create_task(self.listen())

    async def listen(self) -> None:
        """Reads until the stream ends."""
        while line := await self.reader.readline():
            if line.startswith(b"data:") and b'"message.created"' in line:
                sent = float(json.loads(line[5:])["data"]["content"])
                self.late.append(1000 * (time.time() - sent))

    def end(self) -> None:
        """Leaves."""
        if self.task:
            self.task.cancel()
        self.writer.close()


async def gather(url: str, token: str, count: int, late: list[float]) -> list[Listener]:
    """So many listeners, a few at a time."""
    listeners = [Listener(late) for _ in range(count)]
    for first in range(0, count, 50):
        await asyncio.gather(*(listener.begin(url, token) for listener in listeners[first:first + 50]))
    return listeners


async def write(platform: Romashka, token: str, conversation: str, seconds: float) -> int:
    """Writes messages that say when they were sent."""
    start, count = time.time(), int(seconds * PACE)
    for number in range(count):
        await asyncio.sleep(max(0, start + number / PACE - time.time()))
        body = {"content": repr(time.time()), "direction": "outbound", "type": "text"}
        await asyncio.to_thread(
            call, platform.url, f"/v1/conversations/{conversation}/messages", body, token)
    return count


async def run(platform: Romashka, seconds: float) -> None:
    """A thousand listeners while messages are written, then two thousand in quiet."""
    token = platform.token()
    opened = call(
        platform.url, "/v1/conversations",
        {"customer": {"email": "c@bench.example", "name": "C"}, "subject": "S", "channel": "email",
         "message": {"content": "0"}}, token)
    server = children(platform.server.process.pid)
    before = resident_megabytes(server)
    late: list[float] = []
    progress(f"{LISTENERS} streams")
    listeners = await gather(platform.url, token, LISTENERS, late)
    await write(platform, token, opened["id"], 2)
    await asyncio.sleep(2)
    late.clear()
    count = await write(platform, token, opened["id"], seconds)
    await asyncio.sleep(3)
    if len(late) != count * LISTENERS:
        raise SystemExit(f"{count * LISTENERS - len(late)} of {count * LISTENERS} events did not arrive")
    p50, p99 = statistics.median(late), statistics.quantiles(late, n=100)[98]
    aim = at_most(f"p99 from request to listener of {LISTENERS} streams in ms", p99, ALLOWED_P99)
    print(f"{LISTENERS} streams, {PACE} messages/s to each: from request to listener p50 {p50:.0f} ms, p99 {p99:.0f} ms, "
          f"{aim} ms")
    progress(f"{CROWD} streams")
    # A tenant has a thousand in a process at most.
    second = onboard(platform.url, platform.operator_token, "second")
    listeners += await gather(platform.url, second, CROWD - LISTENERS, late)
    after = resident_megabytes(server)
    print(f"memory of server and jobs: {before:.0f} MB without streams, {after:.0f} MB with {CROWD}: "
          f"{1000 * (after - before) / CROWD:.0f} KB each")
    for listener in listeners:
        listener.end()


def measure(folder: Path, cleanup, seconds: float) -> None:
    """Both, on a platform of its own."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 8192)), hard))
    platform = Romashka(folder)
    cleanup.callback(platform.server.stop)
    platform.switch_off("knowledge")
    asyncio.run(run(platform, seconds))
