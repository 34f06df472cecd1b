-- Who handed a reset out: it goes when they go, or are no longer who they were.
ALTER TABLE core.password_resets
    -- a profile, and no reference to it; empty for operators, keys and mail
    ADD COLUMN begun_by uuid;
CREATE INDEX password_resets_begun_by ON core.password_resets (begun_by) WHERE begun_by IS NOT NULL;
