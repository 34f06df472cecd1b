-- Many changes at once: somebody's logins end, a plan gets other limits.

-- As core.record_change(), of many subjects in one step, each with the tenant that has the same place. Steps of their own
-- would each leave a version of core.control's one row, and the next one walks over all of them. Answers the last
-- revision, or NULL when there is no subject.
CREATE FUNCTION core.record_changes(kind text, tenants uuid[], subjects text[])
RETURNS bigint
LANGUAGE sql
BEGIN ATOMIC
    WITH bumped AS (
        UPDATE core.control SET revision = control.revision + cardinality(record_changes.subjects)
        WHERE cardinality(record_changes.subjects) > 0
        RETURNING control.revision
    ), recorded AS (
        INSERT INTO core.changes (revision, kind, tenant_id, subject)
        SELECT bumped.revision - cardinality(record_changes.subjects) + told.place, record_changes.kind,
               told.tenant_id, told.subject
        FROM bumped
        CROSS JOIN unnest(record_changes.tenants, record_changes.subjects) WITH ORDINALITY
            AS told (tenant_id, subject, place)
        RETURNING changes.revision
    )
    SELECT max(recorded.revision) FROM recorded;
END;
GRANT EXECUTE ON FUNCTION core.record_changes(text, uuid[], text[]) TO romashka_auth;

-- The logins of a person that may be ended; those that were ended stay for a month.
CREATE INDEX sessions_standing ON core.sessions (tenant_id, profile_id) WHERE revoked_at IS NULL;
