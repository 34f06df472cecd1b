"""The contender: the same two routes in FastAPI and asyncpg, with row-level security by a plain setting.

Environment: RIVAL_DSN, RIVAL_SECRET and RIVAL_CONNECTIONS, the size of each process's pool.
"""

import os
import time
import uuid
from contextlib import asynccontextmanager
from datetime import datetime, timezone
from functools import lru_cache
from typing import Annotated, Literal

import asyncpg
import jwt
import orjson
from fastapi import Depends, FastAPI, Header, HTTPException, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

# UUIDs as text, because asyncpg's own type of them is slow to encode.
CONVERSATION = """
    id::text, subject, status, priority, channel, customer_id::text, assignee_id::text, message_count,
    last_message_at, created_at, updated_at
"""
LIST = f"""
    SELECT {CONVERSATION}
    FROM conversations.conversations
    WHERE tenant_id = $1 AND (last_message_at, id) < ($2, $3)
    ORDER BY last_message_at DESC, id DESC
    LIMIT $4
"""
ADD = """
    WITH conversation AS (
        UPDATE conversations.conversations
        SET message_count = message_count + 1, last_message_at = now()
        WHERE tenant_id = $1 AND id = $2
        RETURNING id, customer_id, assignee_id
    ), message AS (
        INSERT INTO conversations.messages
            (tenant_id, id, conversation_id, customer_id, direction, type, content, sender_kind, sender_id)
        SELECT $1, $3, conversation.id, conversation.customer_id, $4, $5, $6, $7, COALESCE($8, conversation.customer_id)
        FROM conversation
        RETURNING id, conversation_id, customer_id, direction, type, content, sender_kind, sender_id, created_at
    ), event AS (
        INSERT INTO core.events
            (tenant_id, id, type, version, module, actor_kind, actor_id, subject, conversation_id, customer_id, audience,
             data, root, depth)
        SELECT $1, $9, 'message.created', 1, 'conversations', 'm', $10, message.id, message.conversation_id,
               message.customer_id,
               jsonb_build_object(
                   'permission', 'conversations.read', 'customer', false, 'assignee', conversation.assignee_id),
               jsonb_build_object(
                   'direction', message.direction, 'type', message.type, 'sender_kind', message.sender_kind,
                   'content', left(message.content, 10000)),
               $9, 0
        FROM message
        CROSS JOIN conversation
    )
    SELECT id::text, conversation_id::text, direction, type, content, sender_kind, sender_id::text, created_at
    FROM message
"""
LATEST = (datetime(9999, 12, 31, tzinfo=timezone.utc), uuid.UUID(int=2**128 - 1))


class NewMessage(BaseModel):
    """A message to be added."""

    model_config = ConfigDict(extra="forbid")
    content: str = Field(min_length=1, max_length=100_000)
    direction: Literal["inbound", "outbound"] = "outbound"
    type: Literal["text", "note"] = "text"


async def as_it_is(connection: asyncpg.Connection) -> None:
    """Instead of the pool's reset, a round trip for each request: what is set here ends with its transaction."""


@asynccontextmanager
async def connected(app: FastAPI):
    """Holds the pool for the life of the process."""
    size = int(os.environ["RIVAL_CONNECTIONS"])
    async with asyncpg.create_pool(os.environ["RIVAL_DSN"], min_size=size, max_size=size, reset=as_it_is) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=connected, openapi_url=None)


@lru_cache(maxsize=10_000)
def verified(token: str) -> dict:
    """The claims of a token whose signature, issuer and audience hold; its expiry is checked at each use."""
    return jwt.decode(token, os.environ["RIVAL_SECRET"], algorithms=["HS256"], audience="api", issuer="bench")


async def actor(authorization: Annotated[str, Header()] = "") -> dict:
    """Who calls."""
    try:
        claims = verified(authorization.removeprefix("Bearer "))
    except jwt.PyJWTError as error:
        raise HTTPException(401) from error
    if claims["exp"] <= time.time():
        raise HTTPException(401)
    return claims


Actor = Annotated[dict, Depends(actor)]


def answer(document: dict, status: int = 200) -> Response:
    """JSON by orjson directly, which is faster than a response model."""
    return Response(orjson.dumps(document, option=orjson.OPT_UTC_Z), status, media_type="application/json")


def decoded(cursor: str) -> tuple[datetime, uuid.UUID]:
    """What a cursor points behind."""
    time_text, id_text = cursor.split("_")
    return datetime.fromisoformat(time_text), uuid.UUID(id_text)


@app.get("/v1/conversations")
async def conversations(
    request: Request, actor: Actor, limit: Annotated[int, Query(ge=1, le=100)] = 25, after: str | None = None
) -> Response:
    """The inbox, latest message first."""
    time_before, id_before = decoded(after) if after else LATEST
    async with request.app.state.pool.acquire() as connection, connection.transaction(readonly=True):
        await connection.execute("SELECT set_config('app.tenant', $1, true)", actor["tid"])
        rows = await connection.fetch(LIST, actor["tid"], time_before, id_before, limit + 1)
    page = [dict(row) for row in rows[:limit]]
    cursor = f"{page[-1]['last_message_at'].isoformat()}_{page[-1]['id']}" if len(rows) > limit else None
    return answer({"data": page, "next_cursor": cursor})


@app.post("/v1/conversations/{id}/messages")
async def add_message(request: Request, actor: Actor, id: uuid.UUID, message: NewMessage) -> Response:
    """Adds a message and counts it."""
    is_inbound = message.direction == "inbound"
    async with request.app.state.pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT set_config('app.tenant', $1, true)", actor["tid"])
        row = await connection.fetchrow(
            ADD, actor["tid"], id, uuid7(), message.direction, message.type, message.content,
            "customer" if is_inbound else "member", None if is_inbound else actor["sub"], uuid7(), actor["sub"])
    if row is None:
        raise HTTPException(404)
    return answer(dict(row), 201)


def uuid7() -> uuid.UUID:
    """An id in the order of time (RFC 9562)."""
    value = time.time_ns() // 1_000_000 << 80 | int.from_bytes(os.urandom(10), "big")
    return uuid.UUID(int=value & ~(0xF000 << 64) & ~(0xC000 << 48) | 0x7000 << 64 | 0x8000 << 48)
