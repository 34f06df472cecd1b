import PluginKit
import Postgres

/// Makes a row of any table for a tenant, with the tenant's word in every column that takes it.
///
/// Nothing is written down per table: types, CHECKs and references come from the catalogue, so that a new table is
/// attacked without an edit here. What cannot be filled that way fails the test and needs a line in `overrides`.
struct IsolationPlanter {
    struct Unplantable: Error, CustomStringConvertible {
        let table: String
        let reason: String
        var description: String { "no row could be made for \(table), see IsolationPlanter.overrides: \(reason)" }
    }

    /// SQL expressions for columns whose CHECKs the candidates below do not meet, by table and column.
    private static let overrides: [String: [String: String]] = [:]

    let admin: Lease
    let tables: [IsolationTable]
    let tenant: TenantID
    let word: String

    /// Gives every table that has no row of the tenant one, parents first.
    func plant() async throws {
        var waiting = tables
        while !waiting.isEmpty {
            let names = Set(waiting.map(\.text))
            let ready = waiting.filter { table in
                table.references.allSatisfy { $0.parent == table.text || !names.contains($0.parent) }
            }
            guard !ready.isEmpty else {
                throw Unplantable(table: names.sorted().joined(separator: ", "), reason: "they refer to each other")
            }
            for table in ready { try await plant(table) }
            waiting.removeAll { table in ready.contains { $0.text == table.text } }
        }
    }

    private func plant(_ table: IsolationTable) async throws {
        let known = try await admin.run("SELECT 1 FROM \(unsafeSQL: table.text) WHERE tenant_id = \(tenant) LIMIT 1")
        guard known.isEmpty else { return }
        var values: [(column: IsolationTable.Column, value: String)] = []
        for column in table.columns where !column.isGenerated {
            if let value = try await value(of: column, in: table) { values.append((column, value)) }
        }
        do {
            try await insert(table, values)
        } catch {
            // A CHECK over several columns may want some of them empty.
            do {
                try await insert(table, values.filter(\.column.isRequired))
            } catch {
                throw Unplantable(table: table.text, reason: String(reflecting: error))
            }
        }
    }

    private func insert(
        _ table: IsolationTable, _ values: [(column: IsolationTable.Column, value: String)]
    ) async throws {
        let names = values.map(\.column.name).joined(separator: ", ")
        let expressions = values.map(\.value).joined(separator: ", ")
        try await admin.run(SQL(unsafeSQL: "INSERT INTO \(table.text) (\(names)) VALUES (\(expressions))"))
    }

    /// An SQL expression for one column; nil leaves it to its default.
    private func value(of column: IsolationTable.Column, in table: IsolationTable) async throws -> String? {
        if let value = IsolationPlanter.overrides[table.text]?[column.name] { return value }
        if column.name == "tenant_id" { return "'\(tenant)'" }
        for reference in table.references {
            guard let index = reference.columns.firstIndex(of: column.name) else { continue }
            guard reference.parent != table.text else { return nil }
            let ofTenant = tables.contains { $0.text == reference.parent } ? "WHERE p.tenant_id = '\(tenant)'" : ""
            let name = reference.parentColumns[index]
            return "(SELECT p.\(name) FROM \(reference.parent) AS p \(ofTenant) ORDER BY p::text LIMIT 1)"
        }
        for candidate in candidates(for: column) where try await accepts(candidate, column) { return candidate }
        return nil
    }

    private func accepts(_ candidate: String, _ column: IsolationTable.Column) async throws -> Bool {
        guard !column.checks.isEmpty else { return true }
        let conditions = column.checks.map { "(\($0))" }.joined(separator: " AND ")
        let result = try await admin.run(
            SQL(
                unsafeSQL:
                    "SELECT 1 FROM (SELECT (\(candidate))::\(column.type) AS \(column.name)) AS v WHERE \(conditions)"))
        return !result.isEmpty
    }

    private func candidates(for column: IsolationTable.Column) -> [String] {
        switch column.type {
        case "uuid": ["'\(ID<Void>.make())'::uuid"]
        case "text", "character varying":
            ["'\(word)'", "'\(word)@example.com'", "'https://\(word).example/'"] + quoted(in: column.checks)
                + ["'en'", "'UTC'", "'USD'", "'1'"]
        case "smallint", "integer", "bigint", "numeric", "real", "double precision": ["1", "0", "10", "100"]
        case "boolean": ["false", "true"]
        case "bytea": ["'\(word)'::bytea", "sha256('\(word)')", "substr(sha256('\(word)'), 1, 16)"]
        case "jsonb": ["'{\"word\": \"\(word)\"}'::jsonb", "'[\"\(word)\"]'::jsonb", "'\"\(word)\"'::jsonb"]
        case "timestamp with time zone", "date": ["now()"]
        case "interval": ["interval '1 hour'"]
        case "inet": ["'127.0.0.1'::inet"]
        case "text[]": ["ARRAY['\(word)']"] + quoted(in: column.checks).map { "ARRAY[\($0)]" } + ["'{}'::text[]"]
        case "uuid[]": ["'{}'::uuid[]"]
        default: []
        }
    }

    /// The words a CHECK names.
    private func quoted(in checks: [String]) -> [String] {
        checks.flatMap { check in
            check.split(separator: "'", omittingEmptySubsequences: false).enumerated()
                .filter { $0.offset % 2 == 1 }.map { "'\($0.element)'" }
        }
    }
}
