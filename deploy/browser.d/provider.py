"""A small OpenID provider on this machine, which signs everybody in as the one it was told."""

import base64
import hashlib
import json
import secrets
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

CLIENT, SECRET = "romashka", "the secret of this client"


def encoded(data: bytes) -> str:
    """Base64url without padding (RFC 7515 §2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Provider:
    """Authorization codes with PKCE, tokens signed with RS256, and nothing else."""

    def __init__(self, folder: Path):
        self.key = folder / "provider.pem"
        subprocess.run(
            ["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", self.key],
            check=True, capture_output=True)
        modulus = subprocess.run(
            ["openssl", "rsa", "-in", self.key, "-noout", "-modulus"], check=True, capture_output=True, text=True).stdout
        self.modulus = bytes.fromhex(modulus.strip().removeprefix("Modulus="))
        self.subject = ""
        self.grants: dict[str, dict[str, str]] = {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                provider.answer(self, parse_qs(urlsplit(self.path).query))

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                provider.answer(self, parse_qs(body))

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, handler: BaseHTTPRequestHandler, fields: dict[str, list[str]]) -> None:
        """One request."""
        given = {name: values[0] for name, values in fields.items()}
        match urlsplit(handler.path).path:
            case "/.well-known/openid-configuration":
                self.send(handler, {
                    "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
                    "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/jwks"})
            case "/jwks":
                self.send(handler, {"keys": [
                    {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "1", "n": encoded(self.modulus), "e": "AQAB"}]})
            case "/authorize":
                code = secrets.token_urlsafe(16)
                self.grants[code] = given
                handler.send_response(302)
                handler.send_header(
                    "Location", given["redirect_uri"] + "?" + urlencode({"code": code, "state": given["state"]}))
                handler.end_headers()
            case "/token":
                self.send(handler, self.token(self.grants.pop(given["code"]), given))
            case _:
                handler.send_error(404)

    def token(self, grant: dict[str, str], given: dict[str, str]) -> dict[str, str]:
        """What a code is worth."""
        if encoded(hashlib.sha256(given["code_verifier"].encode()).digest()) != grant["code_challenge"]:
            return {"error": "invalid_grant"}
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": CLIENT, "sub": self.subject, "nonce": grant["nonce"], "iat": now, "exp": now + 300}
        content = ".".join(encoded(json.dumps(part).encode()) for part in ({"alg": "RS256", "kid": "1"}, claims))
        signature = subprocess.run(
            ["openssl", "dgst", "-sha256", "-sign", self.key], input=content.encode(), check=True,
            capture_output=True).stdout
        return {"access_token": "x", "token_type": "Bearer", "id_token": f"{content}.{encoded(signature)}"}

    @staticmethod
    def send(handler: BaseHTTPRequestHandler, value: dict) -> None:
        """Answers with JSON."""
        body = json.dumps(value).encode()
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def stop(self) -> None:
        """Serves nobody any more."""
        self.server.shutdown()
        self.server.server_close()
