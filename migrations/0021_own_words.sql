-- Customers and visitors speak for nobody else, and the end of a customer's tokens is of one piece with its cause.

-- Whatever SQL runs in a customer's session, no event of theirs names another customer of the tenant, and no visitor's
-- names any. core.emit() writes who acts as the session says it. Events without a customer pass.
ALTER TABLE core.events
    ADD CONSTRAINT events_customers_speak_for_themselves CHECK (actor_kind <> 'c' OR customer_id = actor_id),
    ADD CONSTRAINT events_visitors_name_nobody CHECK (actor_kind <> 'p' OR customer_id IS NULL);

-- Who acts: in a module's transaction whoever its session is of, in the kernel's own what was said at its beginning as
-- kind|id|request.
CREATE OR REPLACE FUNCTION core.acting()
RETURNS TABLE (kind text, id uuid, request_id text)
LANGUAGE sql
STABLE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT CASE WHEN core.session_module() IS NULL
                THEN COALESCE(NULLIF(split_part(told.setting, '|', 1), ''), 's')
                ELSE core.actor_kind() END,
           CASE WHEN core.session_module() IS NULL
                THEN COALESCE(NULLIF(split_part(told.setting, '|', 2), '')::uuid, '00000000-0000-0000-0000-000000000000')
                ELSE core.actor_id() END,
           CASE WHEN core.session_module() IS NULL
                THEN NULLIF(left(split_part(told.setting, '|', 3), 100), '') END
    FROM (SELECT COALESCE(current_setting('romashka.acting', true), '') AS setting) AS told;
END;
GRANT EXECUTE ON FUNCTION core.session_module() TO romashka_auth, romashka_worker;

-- Every process hears of it, whoever ends the tokens and whatever becomes of them after the commit. At the commit and
-- not before: from then on all other changes wait.
CREATE FUNCTION core.record_customer_change()
RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM core.record_change('customer', NEW.tenant_id, NEW.customer_id || ':' || NEW.epoch);
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER record_change
AFTER INSERT OR UPDATE ON core.customer_epochs
DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION core.record_customer_change();

-- what core.end_customer() counts
CREATE INDEX customer_epochs_changed ON core.customer_epochs (tenant_id, changed_at);

-- For modules: ends every token of a customer with the transaction that calls it, once in each. Answers the epoch whose
-- tokens hold.
CREATE FUNCTION core.end_customer(customer uuid)
RETURNS bigint
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    -- Every process reads each of them; one tenant's are not to delay the others'.
    maximum_per_minute CONSTANT bigint := 1000;
    tenant uuid := core.tenant_id();
    ended  record;
BEGIN
    IF core.actor_kind() IN ('c', 'p') THEN
        RAISE EXCEPTION 'neither customers nor visitors end tokens' USING ERRCODE = '42501';
    END IF;
    IF (SELECT count(*) FROM core.customer_epochs AS e
        WHERE e.tenant_id = tenant AND e.changed_at > now() - interval '1 minute') >= maximum_per_minute
    THEN
        RAISE EXCEPTION 'too many customers at once' USING ERRCODE = '53400';
    END IF;
    INSERT INTO core.customer_epochs AS e (tenant_id, customer_id, epoch)
    VALUES (tenant, end_customer.customer, 1)
    ON CONFLICT (tenant_id, customer_id)
    DO UPDATE SET epoch = e.epoch + 1, changed_at = now()
    WHERE e.changed_at <> now()
    RETURNING e.epoch, e.epoch = 1 AS is_first
    INTO ended;
    IF NOT FOUND THEN
        RETURN (SELECT e.epoch FROM core.customer_epochs AS e
                WHERE e.tenant_id = tenant AND e.customer_id = end_customer.customer);
    END IF;
    -- Triggers tell of nothing that happens as the tables' owner.
    PERFORM core.tell(
        tenant, CASE WHEN ended.is_first THEN 'customer_tokens.created' ELSE 'customer_tokens.updated' END,
        end_customer.customer, 'conversations.read', jsonb_build_object('epoch', ended.epoch),
        CASE WHEN ended.is_first THEN '{}'
             ELSE jsonb_build_object('epoch', jsonb_build_array(ended.epoch - 1, ended.epoch)) END);
    RETURN ended.epoch;
END
$$;
GRANT EXECUTE ON FUNCTION core.end_customer(uuid) TO romashka_modules;
