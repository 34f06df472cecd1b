"""Shows what docc has to say, and fails on all of it but parameters whose names say enough."""

import json
import sys


def main(path):
    with open(path, encoding="utf-8") as file:
        diagnostics = json.load(file)["diagnostics"]
    # That a declaration is documented is checked by itself; a sentence for each of its parameters would repeat names.
    found = [entry for entry in diagnostics if not entry["summary"].endswith("is missing documentation")]
    for entry in found:
        place = entry.get("source", "").removeprefix("file://")
        line = entry.get("range", {}).get("start", {}).get("line", 1)
        print(f"{place}:{line}: {entry['severity']}: {entry['summary']}", file=sys.stderr)
    if found:
        sys.exit(f"{len(found)} faults in the documentation")


main(sys.argv[1])
