"""What every check of a page uses."""

import json
import urllib.request

PASSWORD = "password-of-ada"


def call(url: str, method: str, path: str, body: dict | None = None, token: str | None = None) -> dict:
    """Sends JSON and returns JSON."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(url + path, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=20) as response:
        return json.load(response)


def same(what: str, found: object, wanted: object) -> None:
    """Fails when something is not as it must be."""
    if found != wanted:
        raise SystemExit(f"{what}: {found!r} instead of {wanted!r}")
