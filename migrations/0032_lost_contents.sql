-- Bytes that are sent again take the place of a copy that the store has lost.
GRANT UPDATE (object) ON core.file_contents TO romashka_auth;
