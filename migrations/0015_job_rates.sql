-- Jobs that may begin in a minute, by a token bucket for each lane; and what attempts came to, for the metrics.

ALTER TABLE core.job_lanes
    -- how many jobs may begin at once, as it was at filled_at; empty while the tenant has no limit
    ADD COLUMN tokens    float8 CHECK (tokens >= 0),
    ADD COLUMN filled_at timestamptz NOT NULL DEFAULT clock_timestamp();
GRANT UPDATE (tokens, filled_at) ON core.job_lanes TO romashka_worker;

CREATE TABLE core.job_totals (
    module   text   NOT NULL CHECK (module ~ '^[a-z][a-z0-9_]{1,30}$'),
    outcome  text   NOT NULL CHECK (outcome IN ('succeeded', 'failed', 'refused', 'lease_lost')),
    attempts bigint NOT NULL CHECK (attempts >= 0),
    busy_ms  bigint NOT NULL CHECK (busy_ms >= 0),
    PRIMARY KEY (module, outcome)
) WITH (fillfactor = 50);

GRANT SELECT ON core.job_totals TO romashka_worker, romashka_operator;
GRANT INSERT ON core.job_totals TO romashka_worker;
GRANT UPDATE (attempts, busy_ms) ON core.job_totals TO romashka_worker;
