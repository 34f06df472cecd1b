-- The people who write to us.

CREATE TABLE conversations.customer_profiles (
    tenant_id           uuid        NOT NULL,
    id                  uuid        NOT NULL,
    -- the customer's id in the tenant's own system
    external_id         text        CHECK (length(external_id) BETWEEN 1 AND 200),
    -- stored normalised: lower() in a condition could use no index under row-level security
    email               text        CHECK (email = lower(email) AND length(email) BETWEEN 3 AND 254),
    name                text        CHECK (length(name) <= 200),
    phone               text        CHECK (length(phone) <= 40),
    company             text        CHECK (length(company) <= 200),
    status              text        NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'blocked', 'merged')),
    metadata            jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(metadata) = 'object'),
    last_interaction_at timestamptz,
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id)
) WITH (fillfactor = 85);

CREATE UNIQUE INDEX customer_profiles_email
    ON conversations.customer_profiles (tenant_id, email) WHERE email IS NOT NULL;
CREATE UNIQUE INDEX customer_profiles_external_id
    ON conversations.customer_profiles (tenant_id, external_id) WHERE external_id IS NOT NULL;

CREATE TRIGGER touch_updated_at
BEFORE UPDATE ON conversations.customer_profiles
FOR EACH ROW EXECUTE FUNCTION core.touch_updated_at();
