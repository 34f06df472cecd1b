DROP INDEX core.sessions_standing;
DROP FUNCTION core.record_changes(text, uuid[], text[]);
