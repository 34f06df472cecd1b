import Foundation
import PluginKit

/// A request with a field of every type.
struct Everything: RequestPayload {
    let record: Record

    static let schema = Schema(
        "Everything",
        [
            Field("id", .uuid, example: "01920000-0000-7000-8000-000000000001"),
            Field("flag", .boolean, example: true),
            Field("count", .integer(1...10), example: 5),
            Field("whole", .integer, example: 5),
            Field("ratio", .number, example: 0.5),
            Field("title", .text(2...5), example: "Title"),
            Field("slug", .slug(2...5), example: "ab-c"),
            Field("note", .text(max: 3), nullable: true, example: "abc"),
            Field("email", .email, example: "a@b.co"),
            Field("status", .oneOf(["open", "closed"]), example: "open"),
            Field("due", .timestamp, example: "2026-11-21T03:37:32Z"),
            Field("extra", .json(maximumBytes: 20), example: [:]),
            Field("person", .object(Everything.person), example: ["email": "a@b.co"]),
            Field("tags", .array(.text(1...3), 0...3), example: ["a"]),
            Field("people", .array(.object(Everything.person), 0...2), example: []),
            Field("a/b~c", .integer, example: 1),
        ])

    static let person = Schema(
        "Person",
        [
            Field("email", .email, required: true, example: "a@b.co"),
            Field("name", .text(1...10), nullable: true, example: "Anna"),
        ])

    init(_ record: Record) throws {
        self.record = record
    }

    /// The record of a body that is valid.
    static func record(_ body: JSONValue) throws -> Record {
        try decode(body).record
    }

    /// What is wrong with a body, as `pointer code`.
    static func faults(_ body: JSONValue) -> [String] {
        do {
            _ = try decode(body)
            return []
        } catch let problem as Problem {
            return problem.errors.map { "\($0.pointer) \($0.code)" }
        } catch {
            return ["\(error)"]
        }
    }
}

/// A request with fields that must be there.
struct Demanding: RequestPayload {
    let name: String

    static let schema = Schema(
        "Demanding",
        [
            Field("name", .text(1...10), required: true, example: "Anna"),
            Field("note", .text(max: 10), required: true, nullable: true, example: nil),
        ])

    init(_ record: Record) throws {
        name = try record["name"]
    }
}

/// A request whose fields depend on each other.
struct Choosing: RequestPayload {
    static let schema = Schema(
        "Choosing",
        [
            Field("id", .integer, example: 1), Field("name", .text(1...10), example: "Anna"),
            Field("mail", .text(1...10), nullable: true, example: "a"), Field("phone", .text(1...10), example: "1"),
        ], rules: [.exactlyOne(["id", "name"]), .atLeastOne(["mail", "phone"])])

    init(_ record: Record) throws {}
}
