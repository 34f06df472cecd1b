"""Names the public declarations of a symbol graph that have no documentation; fails when there is one."""

import json
import sys


def is_written(symbol):
    """Whether somebody wrote it: the compiler adds conformances, and initialisers of raw values, by itself."""
    return "::SYNTHESIZED::" not in symbol["identifier"]["precise"] and "location" in symbol


def main(path):
    with open(path, encoding="utf-8") as file:
        symbols = json.load(file)["symbols"]
    written = [symbol for symbol in symbols if is_written(symbol)]
    if not written:
        sys.exit(f"{path} has no declarations; how it is made has changed")
    missing = [symbol for symbol in written if not symbol.get("docComment", {}).get("lines")]
    for symbol in sorted(missing, key=lambda symbol: (symbol["location"]["uri"], symbol["location"]["position"]["line"])):
        file = symbol["location"]["uri"].removeprefix("file://")
        line = symbol["location"]["position"]["line"] + 1
        print(f"{file}:{line}: {'.'.join(symbol['pathComponents'])} has no documentation", file=sys.stderr)
    if missing:
        sys.exit(f"{len(missing)} of {len(written)} public declarations have no documentation")
    print(f"  {len(written)} public declarations, all documented")


main(sys.argv[1])
