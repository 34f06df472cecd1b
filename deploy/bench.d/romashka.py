"""Romashka itself, with a data directory of its own, and the same with sessions that nobody signed."""

import json
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from database import MODULE_ROLE, ROOT, Database
from processes import Server, children, run

BINARY = ROOT / ".build/release/romashka"

# In place of the signed session: the claims as they come, in a setting that anyone may set.
UNSIGNED = f"""
    DROP FUNCTION core.open(text);
    CREATE FUNCTION core.open(token text) RETURNS text LANGUAGE sql
    RETURN set_config('app.claims', left(token, -64), true);
    GRANT EXECUTE ON FUNCTION core.open(text) TO romashka_modules, romashka_auth, romashka_worker;
    GRANT EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) TO {MODULE_ROLE};
    DO $do$
    DECLARE
        definition text;
    BEGIN
        FOR definition IN
            SELECT replace(pg_get_functiondef(p.oid), 'backtrace_functions', 'app.claims')
            FROM pg_proc p
            JOIN pg_language l ON l.oid = p.prolang
            WHERE p.pronamespace = 'core'::regnamespace AND l.lanname = 'sql'
              AND pg_get_functiondef(p.oid) LIKE '%backtrace_functions%'
        LOOP
            EXECUTE definition;
        END LOOP;
    END
    $do$
    """


class Romashka:
    """A running `romashka up`."""

    def __init__(self, folder: Path, plugins: Path | None = None, options: tuple[str, ...] = ()):
        self.data = data = folder / "data"
        self.server = Server(
            [str(BINARY), "up", "--port", "0", "--data-dir", str(data), "--json", "--demo", *options]
            + (["--plugins", str(plugins)] if plugins else []), folder, "romashka", {},
            ROOT)
        self.server.wait_until(lambda: self.server.output.read_bytes().endswith(b"\n"))
        ready = json.loads(self.server.output.read_text())
        self.url = ready["url"]
        self.login = ready["demo"]
        self.operator_token = ready["operator_token"]
        self.database = Database(ready["database_url"], data)

    def token(self) -> str:
        """An access token; it lives ten minutes."""
        request = urllib.request.Request(
            f"{self.url}/v1/auth/login", json.dumps(self.login).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=20) as response:
            return json.load(response)["access_token"]

    def processes(self) -> list[int]:
        """Supervisor, server and jobs without their PostgreSQL, which is everybody's."""
        found, rest = [], [self.server.process.pid]
        while rest:
            pid = rest.pop()
            if pid != self.database.postmaster:
                found.append(pid)
                rest += children(pid)
        return found

    def switch_off(self, module: str) -> None:
        """Leaves a module to itself, so that both contenders do the same."""
        request = urllib.request.Request(
            f"{self.url}/v1/modules/{module}", b'{"enabled": false}',
            {"Content-Type": "application/json", "Authorization": f"Bearer {self.token()}"}, method="PATCH")
        urllib.request.urlopen(request, timeout=20).read()

    @contextmanager
    def without_signatures(self):
        """The same process on a database that takes claims without looking at their signature."""
        self.database.sql(UNSIGNED)
        self._reconnect()
        try:
            yield
        finally:
            self.database.sql("DROP FUNCTION core.open(text)")
            self.database.script(ROOT / "migrations/bootstrap/session_privileged.sql")
            self._reconnect()

    def _reconnect(self) -> None:
        """Ends the module's connections, because prepared statements do not survive a change of their result."""
        self.database.sql(
            f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = '{MODULE_ROLE}'")

    @staticmethod
    def version() -> str:
        """What the binary says it is."""
        return run([str(BINARY), "--version"]).strip()
