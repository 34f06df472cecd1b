-- Kept for a migration of another branch.
SELECT;
