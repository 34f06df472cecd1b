"""What is aimed at, in all modes: a target that is missed is noted, and makes the status 1 where that is asked for."""

import sys

missed: list[str] = []


def at_least(what: str, found: float, target: float) -> str:
    """Notes it when what was found is less; says the target."""
    if not found >= target:
        missed.append(f"{what}: {found:.2f}, target ≥ {target}")
    return f"target ≥ {target}"


def at_most(what: str, found: float, target: float) -> str:
    """Notes it when what was found is more; says the target."""
    if not found <= target:
        missed.append(f"{what}: {found:.2f}, target ≤ {target}")
    return f"target ≤ {target}"


def alike(what: str, holds: bool) -> None:
    """Notes it when two things were told apart that should not be."""
    if not holds:
        missed.append(f"{what}: told apart")


def end(is_strict: bool) -> None:
    """Names what was missed; ends with status 1 when somebody asked for that."""
    for one in missed:
        print(f"missed: {one}", file=sys.stderr)
    if missed and is_strict:
        sys.exit(1)
