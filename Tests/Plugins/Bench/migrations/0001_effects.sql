-- What jobs do when they are measured: one row each.

CREATE TABLE bench.bench_effects (
    tenant_id uuid        NOT NULL,
    id        uuid        NOT NULL,
    at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, id)
);
