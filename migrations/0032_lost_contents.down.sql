REVOKE UPDATE (object) ON core.file_contents FROM romashka_auth;
