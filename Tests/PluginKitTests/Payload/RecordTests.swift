import Foundation
import PluginKit
import Testing

@Suite("Record")
struct RecordTests {
    @Test("each field is read as its Swift type")
    func fieldsAreRead() throws {
        let record = try Everything.record([
            "id": "01920000-0000-7000-8000-00000000ABCD", "flag": true, "count": 3, "title": "Titel", "email": "A@B.co",
            "due": "1970-01-01T00:00:01Z", "extra": ["a": 1], "tags": ["x", "y"], "ratio": 0.5,
        ])
        #expect(try record["id"] == UUID(canonical: "01920000-0000-7000-8000-00000000abcd"))
        #expect(try record["id"] == "01920000-0000-7000-8000-00000000abcd")
        #expect(try record["id"] == TenantID("01920000-0000-7000-8000-00000000abcd"))
        #expect(try record["flag"] == true)
        #expect(try record["count"] == 3)
        #expect(try record["title"] == "Titel")
        #expect(try record["email"] == "a@b.co")
        #expect(try record["due"] == Timestamp(microseconds: 1_000_000))
        #expect(try record["extra"] == JSONValue.object([.init("a", 1)]))
        #expect(try record["tags"] == ["x", "y"])
        #expect(try record["ratio"] == JSONValue.number(0.5))
    }

    @Test("an absent field and null both read as nothing, and `has` tells them apart")
    func absentAndNullDiffer() throws {
        let record = try Everything.record(["note": nil])
        #expect(try record["note"] == String?.none)
        #expect(try record["title"] == String?.none)
        #expect(record.has("note"))
        #expect(!record.has("title"))
        #expect(!record.has("no such field"))
    }

    @Test("reading otherwise than declared is an error that tells the field")
    func wrongReadingIsAnError() throws {
        let record = try Everything.record(["title": "Titel", "count": 3, "tags": ["x"]])
        #expect(throws: RecordError.self) { try record["title"] as Int }
        #expect(throws: RecordError.self) { try record["count"] as String }
        #expect(throws: RecordError.self) { try record["tags"] as [Int] }
        #expect(throws: RecordError.self) { try record["flag"] as Bool }
        let error = #expect(throws: RecordError.self) { try record["typo"] as String? }
        #expect(error?.description == "Everything.typo cannot be read as Optional<String>")
    }

    @Test("a nested object is a record of its own, its optional fields included")
    func nestedObjectIsARecord() throws {
        let record = try Everything.record([
            "person": ["email": "A@B.co"], "people": [["email": "c@d.co", "name": "C"]],
        ])
        let person: Record = try record["person"]
        #expect(try person["email"] == "a@b.co")
        #expect(try person["name"] == String?.none)
        #expect(!person.has("name"))
        #expect(throws: RecordError.self) { try person["name"] as String }
        let people: [Record] = try record["people"]
        #expect(try people.map { try $0["name"] as String? } == ["C"])
        let nobody: Record? = try Everything.record([:])["person"]
        #expect(nobody == nil)
    }

    @Test("the empty record has no field")
    func emptyRecordHasNoField() {
        #expect(!Record.empty.has("a"))
        #expect(throws: RecordError.self) { try Record.empty["a"] as String? }
    }
}
