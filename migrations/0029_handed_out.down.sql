ALTER TABLE core.password_resets DROP COLUMN begun_by;
