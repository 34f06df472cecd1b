import PluginKit
import Postgres

extension IsolationGround {
    /// A tenant's row of a table for attacks.
    func rows(of tenant: IsolationTenant, in table: IsolationTable) async throws -> IsolationRows {
        let json = try await row(of: tenant, in: table)
        let members = try JSONParser.parse(Array(json.utf8)).members ?? []
        let another = JSONValue.object(members.map { .init($0.name, fresh($0, in: table)) })
        return IsolationRows(tenant: tenant, row: literal(json), another: literal(text(another)))
    }

    /// What a member of a row becomes in another row of the same table: keys and texts that may be unique differ.
    private func fresh(_ member: JSONValue.Member, in table: IsolationTable) -> JSONValue {
        let isReference = table.references.contains { $0.columns.contains(member.name) }
        let column = table.columns.first { $0.name == member.name }
        guard member.name != "tenant_id", !isReference, let column else { return member.value }
        switch column.type {
        case "uuid": return .string(ID<Void>.make().description)
        case "text" where table.keys.contains(member.name) || column.checks.isEmpty || member.name.hasSuffix("_id"):
            return .string((member.value.string ?? "") + "x")
        case "text" where member.name == "email": return .string("x" + (member.value.string ?? ""))
        default: return member.value
        }
    }

    /// A statement that inserts a row given as JSON, with other values for some of its columns.
    func insertion(of row: JSONValue, into table: IsolationTable) -> String {
        """
        INSERT INTO \(table.text) (\(table.insertable))
        SELECT \(table.insertable) FROM jsonb_populate_record(NULL::\(table.text), \(literal(text(row))))
        """
    }

    /// A tenant's row as a value.
    func value(of tenant: IsolationTenant, in table: IsolationTable) async throws -> JSONValue {
        try JSONParser.parse(Array(try await row(of: tenant, in: table).utf8))
    }

    private func text(_ json: JSONValue) -> String { String(decoding: json.encoded(), as: UTF8.self) }

    private func literal(_ json: String) -> String { "'\(json.replacing("'", with: "''"))'::jsonb" }
}

extension JSONValue {
    /// The same object with other values for some members.
    func replacing(_ changes: [String: JSONValue]) -> JSONValue {
        .object((members ?? []).map { .init($0.name, changes[$0.name] ?? $0.value) })
    }
}
