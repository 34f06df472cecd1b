internal import PluginKit

/// A plugin with a route of each kind that is no JSON for members.
let plugin = Plugin {
    PostRaw(
        "/doors/raw", needs: "knowledge.read", accepts: ["text/plain", "application/octet-stream"], maximumSize: 1000,
        headers: ["X-One", "Authorization", "Cookie"], "Say what came in", Raw.answer)
    Export("/doors/export", needs: "knowledge.read", of: Title.self, "All titles", Titles.page)
    List("/doors/mine", for: .customer, of: Title.self, "My titles", Titles.page)
    PublicGet(
        "/doors/attack", query: [Field("sql", .text(0...4000), required: true, example: "SELECT 1")],
        returns: Loot.self, "Run a statement", Loot.take)
    PublicList("/doors/titles", of: Title.self, "Published titles", Titles.page)
    PublicPage(
        "/doors/page", query: [Field("t", .text(0...4000), required: true, example: "x")], "Show a text"
    ) { call in
        let text: String = try call.query["t"]
        return WebPage(
            title: text, language: "en\"><script>", style: "p { color: #333 }",
            body: "<p title=\"\(text)\" lang='\(text)'>\(text)</p>")
    }
    Hooks.all
}

/// Where the kernel enters.
@c(romashka_plugin)
public func entry() -> UnsafeMutableRawPointer { plugin.entry }

enum Raw {
    @Sendable
    static func answer(_ call: Call, _ message: RawMessage) async throws -> RawReply {
        guard message.body != Array("page".utf8) else {
            return .bytes(Array("<script>alert(1)</script>".utf8), type: "text/html\r\nX-Evil: 1")
        }
        if message.body.starts(with: Array("keep".utf8)) { try await Articles.write(call, message) }
        return .json([
            "bytes": .array(message.body.map { .integer(Int64($0)) }), "type": .string(message.contentType),
            "one": message.header("X-One").map { .string($0) } ?? .null,
            "secrets": .bool(message.header("Authorization") != nil || message.header("Cookie") != nil),
        ])
    }
}

enum Hooks {
    static let all = [
        Hook("knowledge.echo", accepts: ["text/plain"], maximumSize: 1000, headers: ["X-Signature"], "Say it again") {
            call, message in
            let secret = try await call.secrets["token"] ?? ""
            let isSigned = call.isSigned(message.body, with: secret, as: message.header("X-Signature") ?? "")
            return .text("\(isSigned) \(call.actor.kind) \(String(decoding: message.body, as: UTF8.self))")
        },
        Hook("knowledge.write", accepts: ["text/plain"], "Write an article") { call, message in
            try await Articles.write(call, message)
            return .accepted
        },
    ]
}

enum Articles {
    /// Writes an article whose title is the body.
    static func write(_ call: Call, _ message: RawMessage) async throws {
        _ = try await call.tx.execute(
            """
            INSERT INTO knowledge.knowledge_items (tenant_id, id, title)
            VALUES (\(call.tenant), \(ID<Void>.make()), \(String(decoding: message.body, as: UTF8.self)))
            """)
    }
}

enum Title: Payload {
    static let schema = Schema(
        "Title",
        [
            Field("id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000040"),
            Field("title", .text(max: 300), example: "x"),
            Field("version", .integer, example: 1),
        ])
}

enum Titles {
    @Sendable
    static func page(_ call: Call) async throws -> Page<Title> {
        try await call.tx.page(
            call.page, key: ["id"],
            """
            SELECT id, title, version
            FROM knowledge.knowledge_items
            WHERE tenant_id = \(call.tenant) AND id < \(call.page.after(0, or: ID<Title>(.last)))
            ORDER BY id DESC
            LIMIT \(call.page.fetchCount)
            """)
    }
}

/// What a hostile statement brought home.
enum Loot: Payload {
    static let schema = Schema(
        "DoorLoot",
        [Field("rows", .json(maximumBytes: 1_000_000), example: []), Field("error", .text(max: 4000), example: "")])

    @Sendable
    static func take(_ call: Call) async throws -> Resource<Loot> {
        let sql: String = try call.query["sql"]
        do {
            let rows = try await call.tx.leased { tx in
                let result = try await tx.rows(SQL(unsafeSQL: sql))
                return try result.rows.map { row in
                    JSONValue.string(try row.get(result.columns[0].name, as: String?.self) ?? "")
                }
            }
            return try Resource(["rows": .array(rows), "error": ""])
        } catch {
            return try Resource(["rows": [], "error": .string(String("\(error)".prefix(4000)))])
        }
    }
}
