"""Whether both servers do the same work, and do it right: looked at before anything is measured."""

import json
import urllib.error
import urllib.request

import keys
from database import MODULE_ROLE, Database
from load import MESSAGE, PAGE


def check_sessions(database: Database) -> None:
    """Each role sees the tenant of its session and nothing else."""
    claims = keys.session_claims(database.tenant, database.tenant)
    token = keys.session_token(database.master, claims)
    for role, name, opening in [
        (MODULE_ROLE, "romashka", f"SELECT core.open('{token}')"),
        ("bench_claims", "rival", f"SELECT set_config('app.claims', '{claims}', true)"),
        ("bench_plain", "rival", f"SELECT set_config('app.tenant', '{database.tenant}', true)"),
    ]:
        _require(database.visible_to(role, opening, name) == database.tenant, f"{role} sees other tenants")


def check_servers(database: Database, platform, rival, conversation: str) -> None:
    """The same page, then the same answer to the same message."""
    pages = [_call(server, f"/v1/conversations?limit={PAGE}") for server in (platform, rival)]
    for status, page in pages:
        _require(status == 200 and len(page["data"]) == PAGE and page["next_cursor"], f"GET answered {status}: {page}")
    _require(pages[0][1]["data"] == pages[1][1]["data"], "the pages of Romashka and FastAPI differ")

    messages = [
        _call(server, f"/v1/conversations/{conversation}/messages", MESSAGE.encode()) for server in (platform, rival)]
    for status, message in messages:
        content = json.loads(MESSAGE)["content"]
        _require(
            status == 201 and message["content"] == content and message["conversation_id"] == conversation,
            f"POST answered {status}: {message}")
    _require(messages[0][1].keys() == messages[1][1].keys(), "the messages of Romashka and FastAPI differ")
    for server in (platform, rival):
        status, _ = _call(server, f"/v1/conversations/{conversation}/messages", b'{"content":""}')
        _require(status in (400, 422), f"an empty message was answered with {status}")
        status, _ = _call(server, "/v1/conversations", token="e30.e30.e30")
        _require(status == 401, f"a wrong token was answered with {status}")
    check_counts(database)


def check_counts(database: Database) -> None:
    """Every conversation counts its messages right."""
    for name in ("romashka", "rival"):
        _require(database.miscounted(name) == "0", f"conversations of {name} count their messages wrong")


def _call(server, path: str, body: bytes | None = None, token: str = "") -> tuple[int, dict]:
    headers = {"Authorization": f"Bearer {token or server.token()}", "Content-Type": "application/json"}
    try:
        with urllib.request.urlopen(urllib.request.Request(server.url + path, body, headers), timeout=20) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, {"body": error.read().decode(errors="replace")}


def _require(holds: bool, problem: str) -> None:
    if not holds:
        raise SystemExit(f"not measured, because {problem}")
