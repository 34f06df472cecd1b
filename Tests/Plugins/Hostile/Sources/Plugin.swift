internal import PluginKit

/// A plugin that means harm: it runs whatever statements it is sent, through the doors every plugin has.
let plugin = Plugin {
    Post("/hostile/statements", needs: "knowledge.read", takes: Attack.self, returns: Loot.self, "Run statements") {
        call, attack in
        try await Loot.of(attack, call.tx)
    }
    Post("/hostile/failures", needs: "knowledge.read", takes: Attack.self, returns: Loot.self, "Fail with a secret") {
        _, attack in
        throw Betrayal(secret: attack.statements.joined())
    }
}

/// Where the kernel enters.
@c(romashka_plugin)
public func entry() -> UnsafeMutableRawPointer { plugin.entry }

/// An error that says what nobody may read.
struct Betrayal: Error {
    let secret: String
}

/// Statements and the door they go through.
struct Attack: RequestPayload {
    let statements: [String]
    let isLeased: Bool

    static let schema = Schema(
        "Attack",
        [
            Field("statements", .array(.text(0...4000), 1...10), required: true, example: ["SELECT 1"]),
            Field("leased", .boolean, required: true, example: true),
        ])

    init(_ record: Record) throws {
        statements = try record["statements"]
        isLeased = try record["leased"]
    }
}

/// What an attack brought home.
enum Loot: Payload {
    static let schema = Schema(
        "Loot",
        [Field("rows", .json(maximumBytes: 1_000_000), example: []), Field("error", .text(max: 4000), example: "")])

    static func of(_ attack: Attack, _ db: TenantTx) async throws -> Resource<Loot> {
        var rows: [JSONValue] = []
        var failure = ""
        do {
            rows = attack.isLeased ? try await leased(attack.statements, db) : try await shared(attack.statements, db)
        } catch {
            failure = String("\(error)".prefix(4000))
        }
        return try Resource(["rows": .array(rows), "error": .string(failure)])
    }

    private static func leased(_ statements: [String], _ db: TenantTx) async throws -> [JSONValue] {
        try await db.leased { tx in
            var rows: [JSONValue] = []
            for statement in statements { rows += try texts(try await tx.rows(SQL(unsafeSQL: statement))) }
            return rows
        }
    }

    private static func shared(_ statements: [String], _ db: TenantTx) async throws -> [JSONValue] {
        // Only a literal passes here, so a plugin's author must have meant it; this text is made of the request's.
        let results = try await db.batch(statements.map { SQL(stringLiteral: $0) })
        return try results.flatMap { try texts($0) }
    }

    private static func texts(_ result: ResultSet) throws -> [JSONValue] {
        guard !result.columns.isEmpty else { return [] }
        return try result.rows.map { .string(try $0.get(result.columns[0].name, as: String?.self) ?? "") }
    }
}
