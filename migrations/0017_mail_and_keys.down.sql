DROP TABLE core.operator_idempotency_keys;
DROP TRIGGER require_room ON core.profiles;
DROP FUNCTION core.require_room_for_member();
DELETE FROM core.changes WHERE kind = 'session_key';
ALTER TABLE core.changes
    DROP CONSTRAINT changes_kind_check,
    ADD CHECK (kind IN ('tenant', 'module', 'session', 'profile', 'role', 'token_key', 'plugin', 'customer'));
DROP TABLE core.session_key_turns;
ALTER TABLE core.invitations
    DROP COLUMN mail_due_at,
    DROP COLUMN mail_attempts,
    DROP COLUMN mailed_at;
DROP TABLE core.password_reset_requests;
