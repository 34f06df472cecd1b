internal import Files
internal import Foundation
internal import PluginKit
internal import Postgres
internal import Tenancy

/// What the kernel's tables hold of one module, and how it is taken out.
///
/// Which tables name a module in a column is asked of the catalogue, so that a new one is not forgotten; the few that
/// name it elsewhere stand here.
struct ModuleTraces {
    let module: ModuleName
    /// The kernel's owner, in a transaction, for whom the policies of its tables do not hold.
    let owner: Lease

    /// What tells of the past: events are an installation's audit, and go with their month.
    private static let history = ["core.events"]

    /// Ends what the module would do or be asked for while it is out; `migrate` declares it again.
    func undeclare() async throws {
        let name = module.description
        // Subscriptions and schedules go with the jobs they lead to. Jobs that wait are left as they are.
        for table in ["job_kinds", "job_queues", "schedules", "commands", "command_uses", "event_types"] {
            try await owner.run("DELETE FROM core.\(unsafeSQL: table) WHERE module = \(name)")
        }
        try await owner.run("SELECT core.declare_reads(\(name), '[]')")
        try await owner.run("DELETE FROM core.plugin_processes WHERE expires_at < clock_timestamp()")
    }

    /// Removes every row of the module from the kernel's tables.
    ///
    /// - Returns: how many rows went, by table, of tables where any did.
    func remove() async throws -> [(table: String, rows: Int)] {
        let name = module.description
        var removed: [(table: String, rows: Int)] = []
        for (table, statement) in elsewhere {
            removed.append((table, try await owner.run(statement, timeout: .seconds(600)).affected))
        }
        let tables = try await owner.run(
            """
            SELECT t.object, a.attname::text AS column_name
            FROM core.our_tables AS t
            JOIN pg_catalog.pg_attribute AS a
                ON a.attrelid = t.oid AND a.attname IN ('module', 'module_id') AND NOT a.attisdropped
            WHERE t.schema_name = 'core' AND NOT t.is_leaf AND NOT t.object = ANY (\(ModuleTraces.history))
            ORDER BY t.object
            """)
        for row in tables.rows {
            let (table, column): (String, String) = (try row.get("object"), try row.get("column_name"))
            let gone = try await owner.run(
                "DELETE FROM \(unsafeSQL: table) WHERE \(unsafeSQL: column) = \(name)", timeout: .seconds(600))
            removed.append((table, gone.affected))
        }
        return removed.filter { $0.rows > 0 }
    }

    /// What names the module in other ways than by a column for it.
    private var elsewhere: [(table: String, statement: SQL)] {
        let name = module.description
        let own = "\(name)."
        return [
            ("core.module_reads", "DELETE FROM core.module_reads WHERE schema_name = \(name)"),
            ("core.kernel_policies", "DELETE FROM core.kernel_policies WHERE schema_name = \(name)"),
            // Who asks for a command under an old key must not be answered from data that is gone.
            (
                "core.idempotency_keys",
                "DELETE FROM core.idempotency_keys WHERE actor_id = core.commands_owner(\(name))"
            ),
            (
                "core.roles",
                """
                UPDATE core.roles AS r
                SET permissions = COALESCE((
                    SELECT jsonb_object_agg(p.key, p.value)
                    FROM jsonb_each(r.permissions) AS p
                    WHERE NOT starts_with(p.key, \(own))), '{}')
                WHERE EXISTS (SELECT FROM jsonb_object_keys(r.permissions) AS p WHERE starts_with(p, \(own)))
                """
            ),
            // A key that could do nothing else would be one without permissions, which there is none of.
            (
                "core.api_keys",
                """
                DELETE FROM core.api_keys AS k
                WHERE NOT EXISTS (SELECT FROM unnest(k.permissions) AS p WHERE NOT starts_with(p, \(own)))
                """
            ),
            ("core.api_keys", "UPDATE core.api_keys AS t SET \(ModuleTraces.narrowing(own))"),
            ("core.hooks", "UPDATE core.hooks AS t SET \(ModuleTraces.narrowing(own))"),
            (
                "core.plugin_processes",
                "UPDATE core.plugin_processes SET plugins = plugins - \(name) WHERE plugins -> \(name) IS NOT NULL"
            ),
        ]
    }

    /// A list of permissions without those of the module, where it has any.
    private static func narrowing(_ own: String) -> SQL {
        """
        permissions = ARRAY(SELECT p FROM unnest(t.permissions) AS p WHERE NOT starts_with(p, \(own)))
        WHERE EXISTS (SELECT FROM unnest(t.permissions) AS p WHERE starts_with(p, \(own)))
        """
    }

    /// Removes the module's files, and the contents that no other file has.
    ///
    /// - Returns: where those contents are; their bytes are still there.
    func removeFiles() async throws -> [ContentAddress] {
        try await owner.run("DELETE FROM core.files WHERE module = \(module.description)", timeout: .seconds(600))
        let result = try await owner.run(
            """
            WITH dropped AS (
                DELETE FROM core.file_contents AS c
                WHERE NOT EXISTS (
                    SELECT FROM core.files AS f WHERE f.tenant_id = c.tenant_id AND f.digest = c.digest)
                RETURNING c.tenant_id, c.digest, c.object, c.size
            ), freed AS (
                UPDATE core.file_usage AS u
                SET stored_bytes = greatest(0, u.stored_bytes - gone.size)
                FROM (SELECT d.tenant_id, sum(d.size)::bigint AS size FROM dropped AS d GROUP BY d.tenant_id) AS gone
                WHERE u.tenant_id = gone.tenant_id
            )
            SELECT d.tenant_id, d.digest, d.object FROM dropped AS d
            """, timeout: .seconds(600))
        return try result.rows.map { row in
            ContentAddress(
                tenant: try row.get("tenant_id"), digest: try row.get("digest"),
                object: try row.get("object", as: ID<Void>.self).uuid)
        }
    }
}
