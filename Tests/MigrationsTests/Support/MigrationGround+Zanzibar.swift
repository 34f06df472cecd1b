import Cryptography
import Files
import Foundation
import PluginHost
import PluginKit
import Postgres
import TestKit
import Testing

extension MigrationGround {
    /// A module with something of everything, by a word that stands nowhere else.
    static let zanzibar = "zanzibar"

    /// Adds it, and one that requires it when asked to.
    func addZanzibar() throws {
        try addModule(
            Self.zanzibar,
            migrations: [
                """
                CREATE TABLE zanzibar.things (
                    tenant_id uuid NOT NULL, id uuid NOT NULL, customer_id uuid, title text NOT NULL,
                    tsv tsvector GENERATED ALWAYS AS (to_tsvector('pg_catalog.simple', title)) STORED,
                    PRIMARY KEY (tenant_id, id));
                CREATE TABLE zanzibar.moments (
                    tenant_id uuid NOT NULL, id uuid NOT NULL, note text, PRIMARY KEY (tenant_id, id)
                ) PARTITION BY RANGE (id);
                """
            ])
        try write(
            "Plugins/zanzibar/plugin.json",
            """
            {"id": "zanzibar", "title": "Zanzibar", "version": "1.2.3", "pluginkit": "1", "mounts": ["/zanzibar"],
             "permissions": [{"id": "zanzibar.read", "title": "Read", "roles": ["admin"]}],
             "tables": [{"name": "things", "customer": "customer_id"}, {"name": "moments", "partitioned": true}],
             "search": [{"function": "search_things", "table": "things", "column": "tsv"}],
             "jobs": [{"kind": "zanzibar.count"}],
             "events": [{"type": "zanzibar.counted", "title": "Counted", "sample": {"n": 1}}],
             "consumes": [{"event": "zanzibar.counted", "job": "zanzibar.count"}],
             "schedules": [{"name": "nightly", "cron": "15 3 * * *", "job": "zanzibar.count"}],
             "commands": ["zanzibar.weigh"], "uses": ["conversations.assign"]}
            """)
    }

    /// Two tenants that have it off, with rows in its tables.
    func plantRows() async throws -> [TenantID] {
        let tenants = [TenantID.make(), TenantID.make()]
        try await database.asSuperuser { admin in
            for (number, tenant) in tenants.enumerated() {
                try await admin.run(
                    "INSERT INTO core.tenants (id, slug, name) VALUES (\(tenant), \("tenant-\(number)"), 'T')")
                try await admin.run(
                    """
                    INSERT INTO core.tenant_modules (tenant_id, module_id, enabled, settings)
                    VALUES (\(tenant), 'zanzibar', false, '{"greeting": "Ahoy"}')
                    """)
                for title in ["a \"quoted\" word", "naïve\nlines", "third"] {
                    try await admin.run(
                        """
                        INSERT INTO zanzibar.things (tenant_id, id, title)
                        VALUES (\(tenant), \(ID<Void>.make()), \(title))
                        """)
                }
                try await admin.run(
                    "INSERT INTO zanzibar.moments (tenant_id, id, note) VALUES (\(tenant), \(ID<Void>.make()), 'm')")
            }
        }
        return tenants
    }

    /// A file that the module stored for a tenant; answers its id.
    func plantFile(_ tenant: TenantID, _ bytes: [UInt8], in files: FileSettings) async throws -> ID<Void> {
        let store = try #require(try files.open())
        let spooled = try await store.spool.receive(atMost: 1 << 20) { _, consume in try await consume(bytes) }
        let address = ContentAddress(tenant: tenant, digest: SHA256.digest(bytes), object: UUID())
        try await store.publish(spooled, as: address)
        await store.close()
        let id = ID<Void>.make()
        try await database.asSuperuser { admin in
            try await admin.run(
                """
                INSERT INTO core.file_usage (tenant_id, stored_bytes) VALUES (\(tenant), \(bytes.count))
                ON CONFLICT (tenant_id) DO UPDATE SET stored_bytes = core.file_usage.stored_bytes + \(bytes.count)
                """)
            try await admin.run(
                """
                INSERT INTO core.file_contents (tenant_id, digest, object, size)
                VALUES (\(tenant), \(address.digest), \(ID<Void>(address.object)), \(bytes.count))
                """)
            try await admin.run(
                """
                INSERT INTO core.files (tenant_id, id, digest, content_type, name, module, created_by)
                VALUES (\(tenant), \(id), \(address.digest), 'text/plain', 'a.txt', 'zanzibar', \(ID<Void>.make()))
                """)
        }
        return id
    }

    /// A row that names the module in every table of the kernel's that can.
    func plantTraces(_ tenant: TenantID) async throws {
        try await database.asSuperuser { admin in
            for statement in Self.traces {
                try await admin.run(SQL(unsafeSQL: statement.replacing("$tenant", with: "'\(tenant)'")))
            }
        }
    }

    private static let traces = [
        """
        INSERT INTO core.module_secrets (tenant_id, module_id, name, sealed)
        VALUES ($tenant, 'zanzibar', 'token', decode(repeat('00', 28), 'hex'))
        """,
        """
        INSERT INTO core.hooks (tenant_id, id, module_id, hook, name, hash)
        VALUES ($tenant, gen_random_uuid(), 'zanzibar', 'zanzibar.in', 'In', sha256('a'))
        """,
        """
        INSERT INTO core.hooks (tenant_id, id, module_id, hook, name, hash, permissions)
        VALUES ($tenant, gen_random_uuid(), 'other', 'other.in', 'In', sha256('b'), '{zanzibar.read,other.read}')
        """,
        "INSERT INTO core.plugin_pauses (module_id, code, detail) VALUES ('zanzibar', 'operator', 'it is slow')",
        """
        INSERT INTO core.plugin_crashes (id, module_id, phase, signal, host, process, crashed_at)
        VALUES (gen_random_uuid(), 'zanzibar', 'run', 11, 'h', 1, now())
        """,
        """
        INSERT INTO core.plugin_errors (tenant_id, id, module_id, at, code, place, host, process)
        VALUES ($tenant, gen_random_uuid(), 'zanzibar', now(), 'Mishap', 'zanzibar.count', 'h', 1)
        """,
        """
        INSERT INTO core.plugin_processes (id, kind, host, process, version, plugins, expires_at)
        VALUES (gen_random_uuid(), 'serve', 'h', 1, '1', '{"zanzibar": {"version": "1"}, "other": {}}', now())
        """,
        """
        INSERT INTO core.roles (tenant_id, id, name, permissions)
        VALUES ($tenant, gen_random_uuid(), 'r', '{"zanzibar.read": "all", "other.read": "team"}')
        """,
        """
        INSERT INTO core.api_keys (tenant_id, id, name, hash, permissions)
        VALUES ($tenant, gen_random_uuid(), 'both', sha256('c'), '{zanzibar.read,other.read}'),
               ($tenant, gen_random_uuid(), 'only', sha256('d'), '{zanzibar.read}')
        """,
        "INSERT INTO core.module_reads (module, schema_name, table_name) VALUES ('zanzibar', 'other', 'things')",
        """
        INSERT INTO core.idempotency_keys (tenant_id, actor_id, key_hash, fingerprint)
        VALUES ($tenant, core.commands_owner('zanzibar'), sha256('e'), sha256('f'))
        """,
        """
        SELECT core.put_job($tenant, 'zanzibar', 'zanzibar.count', '{}', NULL, 5::smallint, 'chain', 'key' || n, NULL,
                            false, NULL, 0::smallint, NULL)
        FROM generate_series(1, 2) AS n
        """,
        """
        INSERT INTO core.jobs_running
        SELECT r.*, gen_random_uuid(), gen_random_uuid(), now(), 1 FROM core.jobs_ready AS r
        """,
        "INSERT INTO core.jobs_dead SELECT r.*, now() FROM core.jobs_ready AS r",
        """
        INSERT INTO core.jobs_finished (
            tenant_id, id, module, kind, outcome, payload, attempt, failures, root, depth, enqueued_at)
        SELECT tenant_id, id, module, kind, 'succeeded', payload, 1, failures, root, depth, enqueued_at
        FROM core.jobs_ready
        """,
        "INSERT INTO core.job_lanes (tenant_id, module, virtual_time, cost_ms) VALUES ($tenant, 'zanzibar', 1, 1)",
        "INSERT INTO core.job_backlogs (tenant_id, module, jobs, allowed) VALUES ($tenant, 'zanzibar', 1, 1)",
        "INSERT INTO core.job_totals (module, outcome, attempts, busy_ms) VALUES ('zanzibar', 'succeeded', 1, 1)",
        """
        INSERT INTO core.job_workers (id, module, host, process, expires_at)
        VALUES (gen_random_uuid(), 'zanzibar', 'h', 1, now())
        """,
        """
        INSERT INTO core.schedules (tenant_id, module, name, cron, zone, next_at)
        VALUES ($tenant, 'zanzibar', 'nightly', '15 3 * * *', 'UTC', now())
        """,
        """
        INSERT INTO core.events (
            tenant_id, id, type, version, module, actor_kind, actor_id, subject, data, root, depth)
        SELECT $tenant, u.id, 'zanzibar.counted', 1, 'zanzibar', 's', u.id, u.id, '{}', u.id, 0
        FROM (SELECT core.uuid7() AS id) AS u
        """,
    ]

    /// The kernel's tables with a row in which the word stands.
    func tablesNaming(_ word: String) async throws -> [String] {
        try await database.asSuperuser { admin in
            let tables = try await admin.run(
                """
                SELECT c.oid::regclass::text AS name
                FROM pg_class AS c
                WHERE c.relnamespace = 'core'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
                ORDER BY name
                """)
            var naming: [String] = []
            for row in tables.rows {
                let name: String = try row.get("name")
                let found = try await admin.run(
                    """
                    SELECT FROM \(unsafeSQL: name) AS t
                    WHERE strpos(to_jsonb(t)::text, \(word)) > 0
                    LIMIT 1
                    """)
                if !found.isEmpty { naming.append(name) }
            }
            return naming
        }
    }

    /// The kernel's tables with a column for a module.
    func tablesWithModuleColumn() async throws -> [String] {
        try await column(
            """
            SELECT c.oid::regclass::text AS value
            FROM pg_class AS c
            JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname IN ('module', 'module_id') AND NOT a.attisdropped
            WHERE c.relnamespace = 'core'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
            ORDER BY value
            """)
    }
}
