import Foundation
import HTTP
import Platform
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// What clients filter and search by is data, whatever it says.
@Suite("Filters")
struct FilterTests {
    /// Pieces that end strings, comments and statements somewhere, and what is between them.
    private static let pieces = [
        "'", "''", "\"", "\\", "\\'", ";", "--", "/*", "*/", "$1", "$$", "$2$", "%", "_", "%27", "(", ")", "||", "::",
        "\u{FF07}",
        "E'", "U&'", " OR 1=1", " UNION SELECT ", "pg_sleep(9)", "NULL", "{", "}", "[", ":*", "&", "|", "!", "<->", "x",
        "ä", "😀", "\u{2028}", "\t", "0", "-1", "1e309", ",", "core.tenants", "DROP TABLE conversations.messages",
    ]

    private static func text(_ random: inout SeededGenerator) -> String {
        (0..<Int.random(in: 1...8, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
    }

    /// The shape of a string of SQL: what is left of it when every value is a parameter.
    @Test("Whatever a value says, a statement stays the same text, and the value is bound", arguments: 0..<20)
    func statements(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let (one, two) = (Self.text(&random), Self.text(&random))
            let filter: SQL = "AND email = \(one)"
            let statement: SQL =
                "SELECT id FROM t WHERE tenant_id = \(TenantID.make()) \(filter) AND name = ANY(\([two]))"
            #expect(statement.text == "SELECT id FROM t WHERE tenant_id = $1 AND email = $2 AND name = ANY($3)")
        }
    }

    @Test("Every parameter of every list takes hostile text as text: it finds nothing, and is no failure of ours")
    func parameters() async throws {
        try await PeopleSite.with { site in
            let opened = try await site.send(
                "POST", "/conversations",
                ["customer": ["email": "noah@example.com"], "subject": "S", "message": ["content": "hello"]])
            #expect(opened.status == 201)
            var random = SeededGenerator(seed: 75)
            var asked = 0
            for route in site.test.platform.table.routes where route.isForSessions && route.route.method == "GET" {
                for field in route.route.query.fields {
                    for _ in 0..<12 {
                        let value = Self.text(&random)
                        let encoded = value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
                        let path = route.examplePath(id: ID<Void>.make().description).split(separator: "?")[0]
                        let answer = try await site.client.send(
                            "GET", "\(path)?\(field.name)=\(encoded)", token: site.tenant.token)
                        #expect(
                            [200, 400, 404, 422].contains(answer.status),
                            "\(path) \(field.name) \(value): \(answer.text)")
                        if answer.status == 200, ["email", "q"].contains(field.name) {
                            #expect(!answer.text.contains("noah@example.com"), "\(path) \(field.name) \(value)")
                        }
                        asked += 1
                    }
                }
            }
            #expect(asked > 50)
        }
    }
}
