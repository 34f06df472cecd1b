"""Processes of this run, and no others: started, waited for with a limit, ended."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path


STARTED = time.monotonic()


def progress(text: str) -> None:
    """A line about what is being done, on standard error."""
    print(f"[{time.monotonic() - STARTED:4.0f} s] {text}", file=sys.stderr, flush=True)


class Server:
    """A server in a session of its own, whose output goes to files."""

    def __init__(self, arguments: list[str], folder: Path, name: str, environment: dict[str, str], cwd: Path):
        self.output = folder / f"{name}.out"
        self.log = folder / f"{name}.log"
        self.name = name
        with self.output.open("wb") as out, self.log.open("wb") as err:
            self.process = subprocess.Popen(
                arguments, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=cwd, start_new_session=True,
                env=os.environ | environment)

    def wait_until(self, is_ready, seconds: float = 90, pause: float = 0.05) -> None:
        """Waits for `is_ready`, asked after each pause, or fails with the end of the log."""
        deadline = time.monotonic() + seconds
        while not is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                tail = self.log.read_text(errors="replace")[-2000:]
                self.stop()
                raise SystemExit(f"{self.name} did not start:\n{tail}")
            time.sleep(pause)

    def stop(self) -> None:
        """Asks it to end, and after a while sees to it."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()


def children(pid: int) -> list[int]:
    """The processes that a process has started and that are still there."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except FileNotFoundError:
        return []


def processor_seconds(pids: list[int]) -> float:
    """The time that processes, and children of theirs that have ended, have spent on the processor."""
    ticks = 0
    for pid in pids:
        try:
            ticks += sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[11:15]))
        except FileNotFoundError:
            continue
    return ticks / os.sysconf("SC_CLK_TCK")


def resident_megabytes(pids: list[int]) -> float:
    """The resident memory of processes, in which what they share counts once for each."""
    total = 0
    for pid in pids:
        status = Path(f"/proc/{pid}/status").read_text()
        total += next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))
    return total / 1024


def run(arguments: list[str], seconds: float = 120, environment: dict[str, str] | None = None, **options) -> str:
    """Runs a program to its end and returns its output; fails with what it said."""
    try:
        done = subprocess.run(
            arguments, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds,
            env=os.environ | (environment or {}), **options)
    except subprocess.TimeoutExpired as error:
        raise SystemExit(f"{arguments[0]} took more than {seconds} seconds") from error
    if done.returncode != 0:
        raise SystemExit(f"{Path(arguments[0]).name} failed:\n{done.stderr[-2000:]}")
    return done.stdout
