"""FastAPI with asyncpg, serving the copy of the database."""

import secrets
import socket
import sys
import time
from pathlib import Path

import jwt
from database import HERE, Database
from processes import Server, children

# Processes, and connections of each: what is worth trying on few cores.
LAYOUTS = [(1, 8), (2, 4), (2, 8)]


class Rival:
    """A running uvicorn."""

    def __init__(self, database: Database, folder: Path, workers: int, connections: int):
        self.workers, self.connections = workers, connections
        self.database = database
        self.secret = secrets.token_hex(32)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        environment = {
            "RIVAL_DSN": database.dsn("bench_plain", "rival"), "RIVAL_SECRET": self.secret,
            "RIVAL_CONNECTIONS": str(connections),
        }
        self.server = Server(
            [sys.executable, "-m", "uvicorn", "fastapi_server:app", "--host", "127.0.0.1", "--port", str(port),
             "--workers", str(workers), "--loop", "uvloop", "--http", "httptools", "--no-access-log"],
            folder, f"fastapi-{workers}-{connections}", environment, HERE)
        self.server.wait_until(
            lambda: self.server.log.read_text().count("Application startup complete") >= workers)

    def token(self) -> str:
        """A token with the claims that the platform's tokens have."""
        now = int(time.time())
        claims = {
            "iss": "bench", "aud": "api", "sub": self.database.tenant, "tid": self.database.tenant, "role": "admin",
            "iat": now, "nbf": now, "exp": now + 600, "jti": secrets.token_hex(16),
        }
        return jwt.encode(claims, self.secret, algorithm="HS256")

    def processes(self) -> list[int]:
        """The supervisor and its workers."""
        return [self.server.process.pid, *children(self.server.process.pid)]
