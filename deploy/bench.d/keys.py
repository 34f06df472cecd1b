"""The platform's keys and tokens, derived from its master secret the way the platform derives them."""

import base64
import hashlib
import hmac
import time


def _derive(master: bytes, info: str) -> bytes:
    """HKDF-SHA256 (RFC 5869) without salt, one block of output."""
    pseudorandom = hmac.digest(bytes(32), master, hashlib.sha256)
    return hmac.digest(pseudorandom, info.encode() + b"\x01", hashlib.sha256)


def role_password(master: bytes, role: str) -> str:
    """The password of a role of the database (Sources/Tenancy/RoleCredentials.swift)."""
    return base64.urlsafe_b64encode(_derive(master, f"database-role/{role}")).rstrip(b"=").decode()


def session_claims(tenant: str, actor: str, mode: str = "r", seconds: int = 3600) -> str:
    """What core.open is told, for longer than the platform would say it (Sources/Tenancy/SessionClaims.swift)."""
    expiry = int(time.time()) + seconds
    return f"{tenant.replace('-', '')},m,{actor.replace('-', '')},{mode},{expiry},01,admin"


def session_token(master: bytes, claims: str) -> str:
    """The claims with their MAC in hexadecimal (Sources/Tenancy/SessionSigner.swift)."""
    key = _derive(master, "database-session/1")
    return claims + hmac.new(key, claims.encode(), hashlib.sha256).hexdigest()
