REVOKE UPDATE (proof) ON core.erasures FROM romashka_auth;
DROP TABLE core.files;
DROP TABLE core.file_contents;
DROP TABLE core.file_usage;
