-- Files of tenants: what each is called, and where its bytes are. The bytes themselves are in a directory or in S3.

-- One row for each tenant with files. Whoever adds or removes content holds it, so that no two of them count at once.
CREATE TABLE core.file_usage (
    tenant_id    uuid   PRIMARY KEY REFERENCES core.tenants (id) ON DELETE CASCADE,
    -- what the limit storage_bytes is compared with: each content counts once, however many files have it
    stored_bytes bigint NOT NULL DEFAULT 0 CHECK (stored_bytes >= 0)
);

-- The same bytes are kept once for a tenant, and never shared between two.
CREATE TABLE core.file_contents (
    tenant_id  uuid        NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
    -- SHA-256
    digest     bytea       NOT NULL CHECK (octet_length(digest) = 32),
    -- names the copy in the store: a new one each time, so that removing an old copy never meets a new one
    object     uuid        NOT NULL,
    -- nothing is larger than a tebibyte, whatever the limits say
    size       bigint      NOT NULL CHECK (size BETWEEN 0 AND 1099511627776),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, digest),
    UNIQUE (tenant_id, object)
);

CREATE TABLE core.files (
    tenant_id    uuid        NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
    id           uuid        NOT NULL,
    digest       bytea       NOT NULL,
    -- told by the bytes, not by who sent them
    content_type text        NOT NULL CHECK (length(content_type) BETWEEN 3 AND 127),
    -- what people see; it never names anything on a disk
    name         text        NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
    -- the module that stored it; empty for those that came through the API
    module       text        CHECK (module ~ '^[a-z][a-z0-9_]{1,30}$'),
    created_by   uuid        NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    -- a file always has its content
    FOREIGN KEY (tenant_id, digest) REFERENCES core.file_contents (tenant_id, digest)
);
CREATE INDEX files_content ON core.files (tenant_id, digest);

GRANT SELECT, INSERT, DELETE ON core.files, core.file_contents TO romashka_auth;
GRANT SELECT, INSERT ON core.file_usage TO romashka_auth;
GRANT UPDATE (stored_bytes) ON core.file_usage TO romashka_auth;
GRANT UPDATE (proof) ON core.erasures TO romashka_auth;
GRANT SELECT ON core.file_contents TO romashka_worker;
