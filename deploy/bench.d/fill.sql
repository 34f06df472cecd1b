-- Tenants with customers, conversations and messages, as the platform would have stored them. Run by a superuser.
-- Variables: tenant (whose inbox is measured), conversations, others (how many other tenants).
BEGIN;

CREATE TEMP TABLE filled (tenant_id uuid, conversations int) ON COMMIT DROP;
INSERT INTO filled VALUES (:'tenant', :conversations);
INSERT INTO filled SELECT uuidv7(), 2000 FROM generate_series(1, :others);

INSERT INTO core.tenants (id, slug, name, is_test)
SELECT tenant_id, 'bench-' || row_number() OVER (), 'Bench', true
FROM filled
WHERE tenant_id <> :'tenant';

INSERT INTO conversations.customer_profiles (tenant_id, id, email, name, created_at)
SELECT tenant_id, uuidv7(-n * interval '1 minute'), 'customer' || n || '@example.com', 'Customer ' || n,
       now() - n * interval '1 minute'
FROM filled
CROSS JOIN generate_series(1, conversations / 4) AS n;

-- Each conversation has three messages, so that counters and rows agree.
WITH customers AS (
    SELECT tenant_id, array_agg(id) AS ids
    FROM conversations.customer_profiles
    GROUP BY tenant_id
)
INSERT INTO conversations.conversations
    (tenant_id, id, customer_id, subject, status, priority, channel, assignee_id, message_count, last_message_at,
     created_at, updated_at)
SELECT tenant_id, uuidv7(-n * interval '1 minute'), ids[1 + n % cardinality(ids)],
       'Question ' || n || ' about an order that has not arrived',
       (ARRAY['open', 'pending', 'resolved', 'closed'])[1 + n % 4],
       (ARRAY['low', 'normal', 'high', 'urgent'])[1 + n % 4],
       (ARRAY['web', 'email', 'chat'])[1 + n % 3],
       CASE WHEN n % 2 = 0 THEN assignee.id END, 3,
       now() - n * interval '30 seconds', now() - n * interval '1 minute', now() - n * interval '30 seconds'
FROM filled
JOIN customers USING (tenant_id)
LEFT JOIN LATERAL (
    SELECT profiles.id
    FROM core.profiles
    WHERE profiles.tenant_id = filled.tenant_id
    ORDER BY profiles.id
    LIMIT 1
) AS assignee ON true
CROSS JOIN generate_series(1, conversations) AS n;

INSERT INTO conversations.messages
    (tenant_id, id, conversation_id, customer_id, direction, content, sender_kind, sender_id, created_at)
SELECT tenant_id, uuidv7(created_at - now() + n * interval '1 second'), id, customer_id, 'inbound',
       'Message ' || n || ' of this conversation, long enough to look like a sentence that somebody wrote.',
       'customer', customer_id, created_at + n * interval '1 second'
FROM conversations.conversations
JOIN filled USING (tenant_id)
CROSS JOIN generate_series(1, 3) AS n;

COMMIT;

-- By number, for pgbench to add messages to.
CREATE SCHEMA bench;
CREATE TABLE bench.inbox AS
SELECT row_number() OVER (ORDER BY random()) AS n, id
FROM conversations.conversations
WHERE tenant_id = :'tenant';
ALTER TABLE bench.inbox ADD PRIMARY KEY (n);
GRANT USAGE ON SCHEMA bench TO romashka_modules;
GRANT SELECT ON bench.inbox TO romashka_modules;
