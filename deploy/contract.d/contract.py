"""Holds the API's document against the server that serves it. Called by deploy/contract."""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import urllib.request
from contextlib import ExitStack
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent.parent
sys.path.insert(0, str(FOLDER.parent / "bench.d"))

from processes import Server, progress  # noqa: E402

BINARY = ROOT / ".build/debug/romashka"
PROGRAMS = Path(sys.executable).parent
SECONDS = {"schemathesis": 360, "client": 60}

#: Operations that succeed only with a secret or an id which another answer gives once.
NEED_SECRETS = {
    "POST /v1/auth/login", "POST /v1/auth/refresh", "POST /v1/auth/password-resets/confirm",
    "POST /v1/invitations/accept", "POST /v1/me/password", "POST /v1/me/second-factor",
    "POST /v1/me/second-factor/confirm", "POST /v1/me/second-factor/remove", "DELETE /v1/me/sessions/{id}",
    "DELETE /v1/operator/tenants/{id}/impersonations/{impersonation_id}",
    "POST /v1/operator/tenants/{id}/impersonations", "POST /v1/operator/tenants/{id}/erase",
    "POST /v1/operator/tenants/{id}/members/{member_id}/password-reset",
    "GET /v1/auth/oidc/{connection}/start", "GET /v1/auth/oidc/{connection}/callback",
    "POST /v1/auth/oidc/{connection}/second-factor",
    "GET /files/{token}", "POST /v1/auth/customers", "POST /v1/auth/password-resets",
    "POST /hooks/{token}",
    # The plugins of the platform itself have no hooks, and no article is published.
    "POST /v1/hooks", "POST /v1/hooks/{id}/rotate", "DELETE /v1/hooks/{id}",
    "GET /public/{tenant}/help/items/{id}", "GET /public/{tenant}/help/articles/{id}",
    "DELETE /v1/operator/tenants/{id}/hosts/{host}",
}

#: Operations whose answers do not end.
ENDLESS = {"GET /v1/events/stream"}


def call(url: str, path: str, body: dict | None = None, token: str | None = None) -> dict:
    """Sends JSON and returns JSON."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(url + path, json.dumps(body).encode() if body else None, headers)
    with urllib.request.urlopen(request, timeout=20) as response:
        return json.load(response)


def start(folder: Path, cleanup: ExitStack) -> dict:
    """A platform with a database of its own; what it says when it is ready."""
    server = Server(
        [str(BINARY), "up", "--port", "0", "--data-dir", str(folder / "data"), "--json"], folder, "romashka", {}, ROOT)
    cleanup.callback(server.stop)
    server.wait_until(lambda: server.output.read_bytes().endswith(b"\n"))
    return json.loads(server.output.read_text())


def onboard(url: str, token: str, slug: str) -> tuple[dict, list[str]]:
    """A tenant: how its admin logs in, and the ids that no test may take away."""
    login = {"email": f"admin@{slug}.example", "password": f"password-of-{slug}", "tenant": slug}
    admin = {"email": login["email"], "name": "Admin", "password": login["password"]}
    tenant = call(url, "/v1/operator/tenants", {"slug": slug, "name": slug.title(), "admin": admin}, token)
    profile = call(url, "/v1/auth/login", login)["profile"]
    return login, [tenant["id"], profile["id"]]


def run(what: str, arguments: list[str], environment: dict[str, str] | None = None) -> None:
    """Runs a program to its end within its time; its failure is ours."""
    try:
        done = subprocess.run(
            arguments, stdin=subprocess.DEVNULL, timeout=SECONDS.get(what, 60), cwd=ROOT,
            env=os.environ | (environment or {}))
    except subprocess.TimeoutExpired:
        raise SystemExit(f"{what} took more than {SECONDS.get(what, 60)} s") from None
    if done.returncode != 0:
        raise SystemExit(f"{what} failed with status {done.returncode}")


def check_document(ready: dict, folder: Path) -> Path:
    """The document as it is served: valid, and what the command line prints."""
    file = folder / "openapi.json"
    with urllib.request.urlopen(ready["url"] + "/openapi.json", timeout=20) as response:
        file.write_bytes(response.read())
    run("openapi-spec-validator", [str(PROGRAMS / "openapi-spec-validator"), str(file)])
    printed = subprocess.run([str(BINARY), "openapi"], capture_output=True, check=True, timeout=60).stdout
    if json.loads(printed) != json.loads(file.read_bytes()):
        raise SystemExit("`romashka openapi` prints another document than the server serves")
    return file


def check_server(
        ready: dict, logins: list[dict], protected: list[str], document: Path, folder: Path, seed: int) -> None:
    """Every operation, called as its schema says and as it does not say."""
    answers = folder / "answers.json"
    site = {
        "url": ready["url"], "operator_token": ready["operator_token"], "logins": logins, "protected": protected,
        "answers": str(answers),
    }
    run(
        "schemathesis",
        [
            str(PROGRAMS / "schemathesis"), "--config-file", str(FOLDER / "schemathesis.toml"), "run",
            ready["url"] + "/openapi.json", "--checks", "all", "--no-color",
            "--seed", str(seed),
        ],
        {"CONTRACT_SITE": json.dumps(site), "CONTRACT_HOOKS": str(FOLDER / "hooks.py")})
    report(json.loads(answers.read_text()), json.loads(document.read_text()))


def report(answers: dict[str, list[int]], document: dict) -> None:
    """Says which operations never succeeded, and fails when they are many: refusals alone prove little."""
    operations = [
        f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods]
    silent = [
        name for name in operations
        if name not in NEED_SECRETS | ENDLESS and not any(200 <= status < 300 for status in answers.get(name, []))
    ]
    progress(f"{len(operations) - len(silent)} of {len(operations)} operations have succeeded at least once")
    for name in silent:
        print(f"  only refused: {name} {answers.get(name, [])}", file=sys.stderr)
    if len(silent) * 10 > len(operations):
        raise SystemExit("more than a tenth of the operations never succeeded")


def check_client(ready: dict, login: dict, document: Path, folder: Path) -> None:
    """A client that is generated from the document works."""
    package = folder / "romashka_client"
    config = folder / "client.yaml"
    config.write_text("post_hooks: []\npackage_name_override: romashka_client\n")
    run(
        "openapi-python-client",
        [
            str(PROGRAMS / "openapi-python-client"), "generate", "--path", str(document), "--meta", "none",
            "--output-path", str(package), "--config", str(config), "--fail-on-warning",
        ])
    run(
        "client",
        [sys.executable, str(FOLDER / "client.py"), ready["url"], login["email"], login["password"], login["tenant"]],
        {"PYTHONPATH": str(folder)})


def main() -> None:
    """All of it."""
    parser = argparse.ArgumentParser(prog="deploy/contract")
    parser.add_argument("--seed", type=int, default=20)
    given = parser.parse_args()
    # An end from outside unwinds, so that no server stays behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))
    with ExitStack() as cleanup:
        folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="romashka-contract-")))
        # PostgreSQL runs as another user when this runs as root.
        folder.chmod(0o755)
        progress("starting Romashka with four tenants")
        ready = start(folder, cleanup)
        tenants = [onboard(ready["url"], ready["operator_token"], slug) for slug in ("acme", "globex", "initech", "hooli")]
        logins = [login for login, _ in tenants]
        progress("validating the document")
        document = check_document(ready, folder)
        progress("generating a client and using it")
        check_client(ready, logins[0], document, folder)
        progress("calling every operation")
        check_server(ready, logins, [id for _, ids in tenants for id in ids], document, folder, given.seed)
        progress("the server does what its document says")


if __name__ == "__main__":
    main()
