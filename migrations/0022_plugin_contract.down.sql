REVOKE UPDATE (fingerprint) ON core.idempotency_keys, core.operator_idempotency_keys FROM romashka_auth;
DROP FUNCTION core.claim_command(bytea, bytea);
DROP FUNCTION core.commands_owner(text);
DROP FUNCTION core.enqueue_command(text, jsonb, text, timestamptz);
DROP FUNCTION core.declare_commands(text, jsonb, jsonb);
DROP TABLE core.command_uses, core.commands;
