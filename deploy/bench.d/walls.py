"""What a plugin that misbehaves takes from another one's p99: its walls bound it."""

import shutil
import time
from pathlib import Path

from database import ROOT
from inbox import ALLOWED, PACE, Comparison, noise, times
from people import Caller, Crowd, call
from processes import progress, resident_megabytes
from romashka import Romashka
from targets import at_most

CALLERS = 2
#: What it does wrong, for how many milliseconds (megabytes for a leak), and the pause of a caller between two acts.
KINDS = {
    "throw": (0, 0.02), "sleep": (30_000, 0), "block": (30_000, 0), "spin": (30_000, 0), "leak": (1, 0.05),
    "trap": (0, 1),
}


class Misuse(Crowd):
    """Callers who make the plugin misbehave, over and over."""

    def __init__(self, url: str, token: str, kind: str):
        super().__init__(CALLERS)
        self.url, self.token, self.kind = url, token, kind

    def act(self, number: int):
        """Asks for the misdeed."""
        caller, (amount, pause) = Caller(self.url), KINDS[self.kind]
        while True:
            try:
                status, _, headers = caller.send(
                    "POST", "/v1/unruly/acts", {"kind": self.kind, "milliseconds": amount}, self.token)
            except OSError:
                # The process ended with the code that it ran.
                status, headers, caller = 0, {}, Caller(self.url)
            yield status, headers, pause


def plugins(folder: Path) -> Path:
    """The healthy plugin, and the tests' unruly one in the place of the knowledge base."""
    target = folder / "plugins"
    shutil.copytree(ROOT / "Plugins/Conversations", target / "Conversations")
    shutil.copytree(ROOT / "Plugins/Knowledge/migrations", target / "Unruly/migrations")
    shutil.copy(ROOT / "Tests/Plugins/Unruly/plugin.json", target / "Unruly")
    return target


def measure(folder: Path, cleanup, seconds: float, rounds: int) -> None:
    """Alone and beside each kind of misuse in turn."""
    platform = Romashka(folder, plugins(folder))
    cleanup.callback(platform.server.stop)
    platform.database.fill(platform.login["tenant"])
    times(platform, platform.token(), 2)
    found = {kind: Comparison() for kind in KINDS}
    statuses: dict[str, dict[int, int]] = {}
    for number in range(rounds):
        for kind in KINDS:
            progress(f"round {number + 1}: alone, then beside a plugin whose code does: {kind}")
            token = platform.token()
            found[kind].alone.append(times(platform, token, seconds))
            with Misuse(platform.url, token, kind) as misuse:
                time.sleep(1)
                found[kind].beside.append(times(platform, token, seconds))
            statuses[kind] = misuse.statuses
            if kind == "trap":
                # Its crashes have paused it.
                call(platform.url, "/v1/operator/plugins/knowledge/resume", {}, platform.operator_token)
            # What it began goes on for a while.
            time.sleep(20 if KINDS[kind][0] > 1000 else 0)
    print(f"p99 of the inbox at {PACE} requests/s beside a plugin that misbehaves, target ≤ {ALLOWED}")
    for kind, comparison in found.items():
        at_most(f"p99 of the inbox beside a plugin whose code does: {kind}", comparison.ratio, ALLOWED)
        print(f"  {kind:6} {comparison}; its own answers {dict(sorted(statuses[kind].items()))}")
    print(f"  the same of nothing: {noise(list(found.values()))}")
    print(f"resident memory at the end: {resident_megabytes(platform.processes()):.0f} MB")
