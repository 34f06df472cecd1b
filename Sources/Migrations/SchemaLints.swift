internal import Foundation
internal import PluginKit
package import Postgres

/// The rules of the schema, each one SQL query that returns who breaks it.
package struct SchemaLints: Sendable {
    /// A rule that is broken.
    package struct Offence: Hashable, Sendable {
        /// The rule's file, such as `0003_primary_key`.
        package let rule: String
        /// The table, function or role.
        package let object: String
        package let detail: String
        /// Whose it is to mend.
        package var place: OffencePlace { OffencePlace(of: object) }
    }

    /// One rule.
    package struct Rule: Hashable, Sendable {
        package let name: String
        /// The file's first line.
        package let summary: String
        let sql: String
    }

    package let rules: [Rule]

    /// - Throws: `MigrationError` when the folder cannot be read.
    package init(_ folders: SchemaFolders) throws(MigrationError) {
        let folder = "\(folders.policies)/lints"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        guard !names.isEmpty else { throw MigrationError(.fileMissing, "\(folder) holds no rules") }
        var rules: [Rule] = []
        for name in names.sorted() where name.hasSuffix(".sql") {
            let sql = try SQLFile.read("\(folder)/\(name)")
            let summary = sql.prefix { $0 != "\n" }.drop { $0 == "-" || $0 == " " }
            rules.append(Rule(name: String(name.dropLast(4)), summary: String(summary), sql: sql))
        }
        self.rules = rules
    }

    /// Runs every rule.
    package func run(_ admin: Lease) async throws -> [Offence] {
        var offences: [Offence] = []
        for rule in rules { offences += try await run(rule, admin) }
        return offences
    }

    /// Runs one rule.
    package func run(_ rule: Rule, _ admin: Lease) async throws -> [Offence] {
        let text = rule.sql.trimmingCharacters(in: .whitespacesAndNewlines.union(CharacterSet(charactersIn: ";")))
        let query = "SELECT object::text AS object, detail::text AS detail FROM (\n\(text)\n) AS offences"
        // PostgreSQL leaves out the schema of what lies on the path, and by its schema we know whose it is.
        let results = try await admin.run([
            "SET search_path = pg_catalog, pg_temp", SQL(unsafeSQL: query), "RESET search_path",
        ])
        return try results[1].rows.map {
            Offence(rule: rule.name, object: try $0.get("object"), detail: try $0.get("detail"))
        }
    }
}
