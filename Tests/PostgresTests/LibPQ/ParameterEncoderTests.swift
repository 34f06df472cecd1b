import Foundation
import PluginKit
import TestKit
import Testing

@testable import Postgres

@Suite("Parameter encoder")
struct ParameterEncoderTests {
    /// Sends a value of a column's type through a real server and reads it back, prepared and unprepared.
    private func echo<Value: Bindable & ColumnDecodable & Equatable>(_ value: Value?) async throws {
        let server = try await TestServer.shared()
        let pipeline = server.pipeline()
        defer { pipeline.close() }
        let statement: SQL = "SELECT \(value) AS v, \(value) IS NULL AS is_null"
        for _ in 0..<2 {
            let row = try #require(try await pipeline.run([statement])[0].first)
            #expect(try row.get("v") == value)
            #expect(try row.get("is_null") == (value == nil))
        }
        try await server.asSuperuser { lease in
            let found: Value? = try await lease.run(statement).first?.get("v", as: Value?.self) ?? nil
            #expect(found == value)
        }
    }

    @Test("a truth value comes back", arguments: [true, false, nil])
    func boolComesBack(value: Bool?) async throws { try await echo(value) }

    @Test("a whole number comes back", arguments: [0, 1, -1, .min, .max, nil] as [Int64?])
    func intComesBack(value: Int64?) async throws { try await echo(value) }

    @Test(
        "a number comes back, the ends of its range too",
        arguments: [0, -0.5, .pi, .infinity, -.infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude, nil]
            as [Double?])
    func doubleComesBack(value: Double?) async throws { try await echo(value) }

    @Test("not-a-number comes back")
    func nanComesBack() async throws {
        let pipeline = try await TestServer.shared().pipeline()
        defer { pipeline.close() }
        let value: Double? = try await pipeline.run(["SELECT \(Double.nan) AS v"])[0].first?.get("v")
        #expect(value?.isNaN == true)
    }

    @Test(
        "text comes back, empty and long",
        arguments: [
            "", " ", "a", "'; DROP TABLE t; --", "$1 \\ \" '", "ромашка 🌼\u{10FFFF}", "\u{01}\n",
            String(repeating: "ж", count: 100_000), nil,
        ])
    func textComesBack(value: String?) async throws { try await echo(value) }

    @Test("a text with NUL is refused by the server, and nobody else is disturbed")
    func nulIsRefused() async throws {
        let pipeline = try await TestServer.shared().pipeline()
        defer { pipeline.close() }
        let code = try await failure { _ = try await pipeline.run(["SELECT \("a\u{00}b") AS v"]) }
        #expect(code == "statement_failed 22021")
        #expect(try await pipeline.run(["SELECT \("ab") AS v"])[0].first?.get("v") == "ab")
    }

    @Test("a UUID comes back", arguments: [UUID.first, .last, UUID.version7(), nil])
    func uuidComesBack(value: UUID?) async throws { try await echo(value) }

    @Test("an id comes back", arguments: [TenantID.make(), nil])
    func idComesBack(value: TenantID?) async throws { try await echo(value) }

    @Test(
        "an instant comes back, on both sides of 1970 and 2000",
        arguments: [
            0, -1, 946_684_800_000_000, 946_684_799_999_999, -62_135_596_800_000_000, 253_402_300_799_999_999, nil,
        ] as [Int64?])
    func timestampComesBack(microseconds: Int64?) async throws {
        try await echo(microseconds.map(Timestamp.init(microseconds:)))
    }

    @Test(
        "bytes come back", arguments: [[], [0], [0, 255, 92], nil] as [[UInt8]?])
    func bytesComeBack(value: [UInt8]?) async throws { try await echo(value) }

    @Test("many bytes come back")
    func manyBytesComeBack() async throws { try await echo([UInt8](repeating: 7, count: 100_000)) }

    @Test(
        "a document comes back as jsonb keeps it",
        arguments: [
            [:], [], nil, "a\"\n🌼", 1, true, ["a": [1, 2.5, nil, ["b": false]]],
        ] as [JSONValue])
    func documentComesBack(value: JSONValue) async throws { try await echo(value) }

    @Test("a long document comes back")
    func longDocumentComesBack() async throws {
        try await echo(JSONValue.string(String(repeating: "x", count: 100_000)))
    }

    @Test("an absent document is NULL, not the document null")
    func absentDocumentIsNull() async throws { try await echo(JSONValue?.none) }

    @Test("arrays come back, empty ones too")
    func arraysComeBack() async throws {
        let server = try await TestServer.shared()
        let pipeline = server.pipeline()
        defer { pipeline.close() }
        func elements<Value: ColumnDecodable>(_ array: SQL, _: Value.Type) async throws -> [Value] {
            let statement: SQL = "SELECT v FROM unnest(\(array)) WITH ORDINALITY AS u (v, n) ORDER BY n"
            return try await pipeline.run([statement])[0].rows.map { try $0.get("v") }
        }
        let texts = ["", "a", "NULL", "{,}", "\"\\", "🌼", String(repeating: "x", count: 100_000)]
        #expect(try await elements("\(texts)", String.self) == texts)
        #expect(try await elements("\([String]())", String.self) == [])
        let numbers = [Int64.min, -1, 0, 1, .max]
        #expect(try await elements("\(numbers)", Int64.self) == numbers)
        #expect(try await elements("\([Int64]())", Int64.self) == [])
        let ids = [UUID.first, .last, .version7()]
        #expect(try await elements("\(ids)", UUID.self) == ids)
        #expect(try await elements("\(ids.map(TenantID.init))", TenantID.self) == ids.map(TenantID.init))
        #expect(try await elements("\([UUID]())", UUID.self) == [])
        let instants = [Timestamp(microseconds: -1), .distantFuture]
        #expect(try await elements("\(instants)", Timestamp.self) == instants)
        #expect(try await elements("\([Timestamp]())", Timestamp.self) == [])
    }

    @Test("thousands of elements come back in order")
    func longArrayComesBack() async throws {
        let pipeline = try await TestServer.shared().pipeline()
        defer { pipeline.close() }
        let numbers = (0..<50_000).map(Int64.init)
        let row = try await pipeline.run(["SELECT count(*) AS n, sum(v)::int8 AS total FROM unnest(\(numbers)) AS v"])[
            0
        ].first
        #expect(try row?.get("n") == 50_000)
        #expect(try row?.get("total") == 50_000 * 49_999 / 2)
    }

    @Test("values of all types travel in one statement, absent ones between")
    func typesMix() async throws {
        let pipeline = try await TestServer.shared().pipeline()
        defer { pipeline.close() }
        let row = try #require(
            try await pipeline.run([
                """
                SELECT \("") AS a, \(String?.none) AS b, \(Int64.min) AS c, \(Bool?.none) AS d, \(true) AS e, \([UInt8]()) AS f, \
                \(UUID?.none) AS g, \("z") AS h
                """
            ])[0].first)
        #expect(try row.get("a") == "")
        #expect(try row.get("b") == String?.none)
        #expect(try row.get("c") == Int64.min)
        #expect(try row.get("d") == Bool?.none)
        #expect(try row.get("e") == true)
        #expect(try row.get("f") == [UInt8]())
        #expect(try row.get("g") == UUID?.none)
        #expect(try row.get("h") == "z")
    }
}
