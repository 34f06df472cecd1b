import Foundation
import PluginKit
import TestKit
import Testing

@testable import Postgres

@Suite("Result of libpq")
struct PQResultTests {
    @Test("every type that is read comes from the server as this client expects it")
    func typesAreRead() async throws {
        let pipeline = try await TestServer.shared().pipeline()
        defer { pipeline.close() }
        let row = try #require(
            try await pipeline.run([
                """
                SELECT true AS bool, '\\x00ff'::bytea AS bytes, (-8)::int8 AS int8, (-2)::int2 AS int2, (-4)::int4 AS int4, 'é'::text AS text,
                    4294967295::oid AS oid, '{"a": 1}'::json AS json, 0.5::float4 AS float4, 0.25::float8 AS float8, 'v'::varchar(3) AS varchar,
                    '2024-02-29 12:00:00.5+00'::timestamptz AS at, '01920000-0000-7000-8000-00000000abcd'::uuid AS id,
                    '{"b": [1, null]}'::jsonb AS jsonb, 'n'::name AS name, 'c'::"char" AS char, set_config('a.b', 'c', true) AS set
                """
            ])[0].first)
        #expect(try row.get("bool") == true)
        #expect(try row.get("bytes") == [UInt8]([0, 255]))
        #expect(try row.get("int8") == -8)
        #expect(try row.get("int2") == -2)
        #expect(try row.get("int4") == -4)
        #expect(try row.get("text") == "é")
        #expect(try row.get("oid") == Int64(UInt32.max))
        #expect(try row.get("json") == #"{"a": 1}"#)
        #expect(try row.get("float4") == 0.5)
        #expect(try row.get("float8") == 0.25)
        #expect(try row.get("varchar") == "v")
        #expect(try row.get("at") == Timestamp(rfc3339: "2024-02-29T12:00:00.5Z"))
        #expect(try row.get("id") == UUID(canonical: "01920000-0000-7000-8000-00000000abcd"))
        #expect(try row.get("jsonb") == JSONValue.object([.init("b", [1, nil])]))
        #expect(try row.get("name") == "n")
        #expect(try row.get("char") == "c")
    }

    @Test("an instant without end is the last there is")
    func infinityIsRead() async throws {
        let pipeline = try await TestServer.shared().pipeline()
        defer { pipeline.close() }
        let row = try await pipeline.run(["SELECT 'infinity'::timestamptz AS end, '-infinity'::timestamptz AS start"])[
            0
        ].first
        #expect(try row?.get("end", as: Timestamp.self).description == "9999-12-31T23:59:59.999999Z")
        #expect(try row?.get("start", as: Timestamp.self).description == "0000-01-01T00:00:00.000000Z")
    }

    @Test("an error of the server brings its state and its constraint, and keeps its words to itself")
    func errorIsRead() async throws {
        try await TestDatabase.with { database in
            try await database.asSuperuser { lease in
                try await lease.run("CREATE TABLE people (email text CONSTRAINT people_email_key UNIQUE)")
                try await lease.run("INSERT INTO people VALUES (\("anna@example.com"))")
                do {
                    try await lease.run("INSERT INTO people VALUES (\("anna@example.com"))")
                    Issue.record("the constraint does not hold")
                } catch let error as DatabaseError {
                    #expect(
                        error.code == .statementFailed && error.sqlState == "23505"
                            && error.constraint == "people_email_key")
                    #expect(!error.description.contains("anna"))
                    #expect(error.debugDescription.contains("anna"))
                }
            }
        }
    }

    @Test("a result outlives its connection")
    func resultOutlivesConnection() async throws {
        let pipeline = try await TestServer.shared().pipeline()
        let result = try await pipeline.run(["SELECT repeat('x', 5000) AS v FROM generate_series(1, 500)"])[0]
        pipeline.close()
        #expect(try await failure { _ = try await pipeline.run(["SELECT 1"]) } == "connection_lost")
        let expected = String(repeating: "x", count: 5000)
        #expect(try result.rows.allSatisfy { try $0.get("v") == expected })
    }
}
