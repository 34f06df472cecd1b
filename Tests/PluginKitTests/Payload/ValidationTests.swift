import Foundation
import PluginKit
import Testing

@Suite("Validation")
struct ValidationTests {
    @Test("a body with every field as it must be passes")
    func validBodyPasses() throws {
        let body: JSONValue = [
            "id": "01920000-0000-7000-8000-00000000ABCD", "flag": false, "count": 10, "whole": .integer(.min),
            "ratio": 1, "title": "Titel",
            "note": nil, "email": "A@B.co", "status": "closed", "due": "2026-11-21T03:37:32+01:00",
            "extra": ["a": [1, nil]],
            "person": ["email": "C@D.co", "name": nil], "tags": ["a", "b", "c"], "people": [["email": "e@f.co"]],
            "a/b~c": 1,
        ]
        #expect(Everything.faults(body) == [])
        #expect(Everything.faults([:]) == [])
    }

    /// A field, a value it does not take, and what is said about it.
    struct Fault: CustomTestStringConvertible, Sendable {
        let field: String
        let value: JSONValue
        let fault: String
        var testDescription: String { "\(field): \(value.encoded().text)" }

        init(_ field: String, _ value: JSONValue, _ fault: String) {
            self.field = field
            self.value = value
            self.fault = fault
        }
    }

    @Test(
        "a value that is not as the field says is refused with its pointer",
        arguments: [
            Fault("id", "1", "/id format"), Fault("id", 1, "/id type"),
            Fault("id", "{01920000-0000-7000-8000-00000000abcd}", "/id format"),
            Fault("flag", "true", "/flag type"), Fault("flag", 1, "/flag type"), Fault("count", 0, "/count range"),
            Fault("count", 11, "/count range"), Fault("count", 1.5, "/count type"),
            Fault("count", "5", "/count type"), Fault("whole", 1e30, "/whole type"),
            Fault("ratio", "0.5", "/ratio type"),
            Fault("ratio", true, "/ratio type"), Fault("title", "a", "/title length"),
            Fault("title", "abcdef", "/title length"),
            Fault("title", 1, "/title type"), Fault("title", nil, "/title null"),
            Fault("title", "a\u{00}b", "/title characters"),
            Fault("note", "abcd", "/note length"), Fault("note", [], "/note type"),
            Fault("email", "a", "/email format"),
            Fault("email", 1, "/email type"), Fault("status", "Open", "/status choice"),
            Fault("status", "", "/status choice"),
            Fault("status", true, "/status type"), Fault("due", "2026-11-21", "/due format"),
            Fault("due", 1, "/due type"),
            Fault("extra", [], "/extra type"), Fault("extra", "{}", "/extra type"),
            Fault("extra", ["a": "0123456789abcde"], "/extra length"),
            Fault("person", [], "/person type"), Fault("person", "x", "/person type"),
            Fault("person", [:], "/person/email required"),
            Fault("person", ["email": "x"], "/person/email format"),
            Fault("person", ["email": nil], "/person/email null"),
            Fault("person", ["email": "a@b.co", "x": 1], "/person/x unknown"), Fault("tags", "a", "/tags type"),
            Fault("tags", ["a", "b", "c", "d"], "/tags length"), Fault("tags", ["a", ""], "/tags/1 length"),
            Fault("tags", [nil], "/tags/0 type"),
            Fault("people", [["email": "a@b.co"], ["email": 1]], "/people/1/email type"),
            Fault("people", [1], "/people/0 type"),
            Fault("a/b~c", "x", "/a~1b~0c type"), Fault("unknown", 1, "/unknown unknown"), Fault("", 1, "/ unknown"),
            Fault("Count", 5, "/Count unknown"), Fault("x/y~z", 1, "/x~1y~0z unknown"), Fault("~1", 1, "/~01 unknown"),
        ]
    )
    func wrongValueIsRefused(_ fault: Fault) {
        #expect(Everything.faults(.object([.init(fault.field, fault.value)])) == [fault.fault])
    }

    @Test("a number without a fraction is a whole number, however it is written", arguments: [1.0, 5, 1e1])
    func wholeNumbersAreNumbers(number: Double) throws {
        #expect(try Everything.record(["count": .number(number)])["count"] == Int(number))
        #expect(Everything.faults(["whole": 9.3e18]) == ["/whole type"])
    }

    @Test(
        "a slug has lower-case letters, digits and inner hyphens",
        arguments: ["a", "-ab", "ab-", "Ab", "a b", "ä-b", "abcdef", "a\n"])
    func slugsAreChecked(text: String) throws {
        #expect(Everything.faults(["slug": .string(text)]) == ["/slug format"])
        #expect(Everything.faults(["slug": "a-1-b"]) == [])
    }

    @Test("what must hold between fields is looked at when each is right, and null is not given")
    func rulesAreChecked() {
        func faults(_ body: JSONValue) -> [String] {
            do {
                _ = try Choosing.decode(body)
                return []
            } catch {
                return (error as? Problem)?.errors.map { "\($0.pointer) \($0.code)" } ?? ["\(error)"]
            }
        }
        #expect(faults(["id": 1, "mail": "x"]) == [])
        #expect(faults(["id": 1, "phone": "x", "mail": nil]) == [])
        #expect(faults(["mail": "x"]) == ["/id required"])
        #expect(faults(["id": 1, "name": "x", "mail": "x"]) == ["/id required"])
        #expect(faults(["id": 1, "mail": nil]) == [" required"])
        #expect(faults(["id": "1"]) == ["/id type"])
        #expect(faults(Choosing.schema.example) == [])
        #expect(Choosing.schema.example["name"] == nil)
    }

    @Test("characters are counted as Unicode scalars, not as bytes")
    func charactersAreCounted() {
        #expect(Everything.faults(["note": "шшш"]) == [])
        #expect(Everything.faults(["note": "🌼🌼🌼"]) == [])
        #expect(Everything.faults(["note": "e\u{0301}e\u{0301}"]) == ["/note length"])
    }

    @Test("a document of exactly the bytes allowed passes")
    func documentOfTheLimitPasses() {
        let document: JSONValue = ["a": "0123456789abc"]
        #expect(document.encoded().count == 21)
        #expect(Everything.faults(["extra": document]) == ["/extra length"])
        #expect(Everything.faults(["extra": ["a": "0123456789ab"]]) == [])
    }

    @Test("all faults are told at once, in the order of the body, missing fields last")
    func allFaultsAreTold() {
        let faults = Everything.faults(["count": 0, "x": 1, "person": ["name": ""], "tags": ["", "long"]])
        #expect(
            faults == [
                "/count range", "/x unknown", "/person/name length", "/person/email required", "/tags/0 length",
                "/tags/1 length",
            ])
    }

    @Test("no more than fifty faults are told, and the body stays refused", arguments: [50, 51, 5000])
    func faultsAreBounded(count: Int) {
        let body = JSONValue.object((0..<count).map { .init("x\($0)", 1) })
        #expect(Everything.faults(body).count == 50)
        #expect(Everything.faults(.object((body.members ?? []) + [.init("person", [:])])).count == 50)
    }

    @Test("a name of the caller's is cut in the answer")
    func longNameIsCut() {
        let faults = Everything.faults(.object([.init(String(repeating: "n", count: 10_000), 1)]))
        #expect(faults == ["/\(String(repeating: "n", count: 64)) unknown"])
    }

    @Test("a required field must be given; whether it may be null is another matter")
    func requiredFieldMustBeGiven() {
        func faults(_ body: JSONValue) -> [String] {
            let problem = #expect(throws: Problem.self) { try Demanding.decode(body) }
            return problem?.errors.map { "\($0.pointer) \($0.code)" } ?? []
        }
        #expect(faults([:]) == ["/name required", "/note required"])
        #expect(faults(["name": nil, "note": nil]) == ["/name null"])
        #expect(faults(["name": 1, "note": "a"]) == ["/name type"])
        #expect(throws: Never.self) { try Demanding.decode(["name": "a", "note": nil]) }
    }

    @Test("a body that is no object is refused as a whole", arguments: [nil, [], "x", 1, true] as [JSONValue])
    func bodyMustBeAnObject(body: JSONValue) {
        #expect(Everything.faults(body) == [" type"])
    }

    @Test("the answer is 422 with a stable code")
    func answerIs422() throws {
        let problem = try #require(#expect(throws: Problem.self) { try Everything.decode(["count": 0]) })
        #expect(problem.status == 422 && problem.code == "validation_failed")
        #expect(problem.errors.first?.detail == "must lie between 1 and 10")
    }
}
