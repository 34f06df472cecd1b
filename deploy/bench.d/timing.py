"""Whether answers tell by their time what they do not tell by their words.

Two kinds of requests are sent in random turns, and the times of both compared by the two-sample Kolmogorov-Smirnov test
(p by the series of Numerical Recipes, 3rd edition, §14.3.3)."""

import bisect
import math
import random
import statistics
import sys
import uuid
from pathlib import Path
from typing import Callable

from people import PASSWORD, Caller, call, onboard
from processes import progress
from romashka import Romashka
from targets import alike

SAMPLES = 1000
LEVEL = 0.01
MEMBERS = 100
# No more attempts than the limits of a login let through: 300 from an address, 10 on an account from it.
ADDRESSES = 20
# No more than those of mail do in an hour: 60 from an address, 5 for an account.
RESET_ADDRESSES = 40
RESETS_EACH = 4
# Mail has to be switched on, and nobody is there to take it: what is due stays due for both kinds.
MAIL = ("--smtp-url", "smtp://127.0.0.1:9", "--mail-from", "desk@timing.example")


def differ(ones: list[float], others: list[float]) -> tuple[float, float]:
    """How far two samples differ, from 0 to 1, and the probability that two of one distribution do so."""
    ones, others = sorted(ones), sorted(others)
    distance = max(
        abs(bisect.bisect_right(ones, time) / len(ones) - bisect.bisect_right(others, time) / len(others))
        for time in ones + others)
    root = math.sqrt(len(ones) * len(others) / (len(ones) + len(others)))
    strength = (root + 0.12 + 0.11 / root) * distance
    if strength < 0.2:
        return distance, 1
    chance = 2 * sum((-1) ** (k - 1) * math.exp(-2 * (k * strength) ** 2) for k in range(1, 101))
    return distance, min(1, max(0, chance))


def compare(title: str, one: Callable[[int], float], other: Callable[[int], float], samples: int) -> None:
    """Takes both in random turns and says what came of it."""
    progress(title)
    turns = [one, other] * samples
    random.shuffle(turns)
    times: dict = {one: [], other: []}
    for turn in turns:
        times[turn].append(turn(len(times[turn])))
    distance, chance = differ(times[one], times[other])
    medians = ", ".join(f"{1000 * statistics.median(taken):.3f} ms" for taken in times.values())
    verdict = "not told apart" if chance >= LEVEL else "TOLD APART"
    print(f"{title}: {samples} samples each, medians {medians}, D = {distance:.3f}, p = {chance:.3f}: {verdict}", flush=True)
    alike(title, chance >= LEVEL)


def logins(platform: Romashka, samples: int) -> None:
    """A known address with a wrong password, and an unknown one."""
    progress(f"{MEMBERS} people")
    token = onboard(platform.url, platform.operator_token, "timing")
    for number in range(MEMBERS):
        member = {"email": f"member{number:04}@timing.example", "name": "Member", "password": PASSWORD, "role": "agent"}
        call(platform.url, "/v1/members", member, token)
    callers = [Caller(platform.url, f"127.0.1.{number + 1}") for number in range(ADDRESSES)]

    def attempt(caller: Caller, email: str) -> float:
        status, seconds, _ = caller.send(
            "POST", "/v1/auth/login", {"email": email, "password": "not this one", "tenant": "timing"})
        if status != 401:
            sys.exit(f"a login was answered with {status}")
        return seconds

    def known(number: int) -> float:
        return attempt(callers[number % ADDRESSES], f"member{number % MEMBERS:04}@timing.example")

    def unknown(number: int) -> float:
        return attempt(callers[number % ADDRESSES], f"stranger{number % MEMBERS:04}@timing.example")

    compare("log in: known ÷ unknown e-mail", known, unknown, samples)


def resets(platform: Romashka, samples: int) -> None:
    """A new password for a known address, and for an unknown one."""
    accounts = math.ceil(samples / RESETS_EACH)
    onboard(platform.url, platform.operator_token, "resets")
    platform.database.sql(f"""
        WITH account AS (
            INSERT INTO core.accounts (id, email)
            SELECT gen_random_uuid(), format('member%s@resets.example', n) FROM generate_series(0, {accounts - 1}) AS n
            RETURNING id, email
        )
        INSERT INTO core.profiles (tenant_id, id, account_id, email, name, role)
        SELECT t.id, gen_random_uuid(), account.id, account.email, 'Member', 'agent'
        FROM account JOIN core.tenants AS t ON t.slug = 'resets'""")
    callers = [Caller(platform.url, f"127.0.2.{number + 1}") for number in range(RESET_ADDRESSES)]

    def ask(number: int, kind: str) -> float:
        status, seconds, _ = callers[number % RESET_ADDRESSES].send(
            "POST", "/v1/auth/password-resets",
            {"email": f"{kind}{number % accounts}@resets.example", "tenant": "resets"})
        if status != 202:
            sys.exit(f"a request for a password was answered with {status}")
        return seconds

    compare(
        "new password: known ÷ unknown e-mail", lambda number: ask(number, "member"),
        lambda number: ask(number, "stranger"), samples)


def ids(platform: Romashka, samples: int) -> None:
    """Another tenant's id, and one that nobody has."""
    platform.database.fill(platform.login["tenant"])
    foreign = platform.database.conversation_ids()
    token = onboard(platform.url, platform.operator_token, "stranger")
    caller = Caller(platform.url)

    def ask(conversation: str) -> float:
        status, seconds, _ = caller.send("GET", f"/v1/conversations/{conversation}", token=token)
        if status != 404:
            sys.exit(f"a conversation of another tenant was answered with {status}")
        return seconds

    for _ in range(200):
        ask(str(uuid.uuid4()))
    # Of the same version and time, so that they differ in nothing but in being nobody's.
    missing = [f"{existing[:15]}{uuid.uuid4().hex[:3]}-8{uuid.uuid4().hex[:3]}-{uuid.uuid4().hex[:12]}" for existing in foreign]
    compare(
        "conversation: another tenant's ÷ missing id", lambda number: ask(foreign[number]),
        lambda number: ask(missing[number]), samples)


def measure(folder: Path, cleanup, samples: int = SAMPLES) -> None:
    """All comparisons."""
    platform = Romashka(folder, options=MAIL)
    cleanup.callback(platform.server.stop)
    for comparison in (ids, resets, logins):
        comparison(platform, samples)
