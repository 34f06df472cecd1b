import Foundation
import PluginKit
import TestKit
import Testing

extension JSONParserTests {
    @Test("what the writer writes is read as the same value", arguments: UInt64(1)...4)
    func writtenDocumentIsReadBack(seed: UInt64) throws {
        var documents = DocumentGenerator(seed: seed)
        for _ in 0..<500 {
            let value = documents.value(depth: 4)
            #expect(try JSONParser.parse(value.encoded()) == value)
        }
    }

    @Test("Foundation reads what the writer writes", arguments: UInt64(11)...12)
    func foundationAgreesOnWrittenDocuments(seed: UInt64) throws {
        var documents = DocumentGenerator(seed: seed)
        for _ in 0..<300 {
            let value = documents.value(depth: 4)
            let foreign = try JSONSerialization.jsonObject(with: Data(value.encoded()), options: .fragmentsAllowed)
            #expect(value.matches(foreign))
        }
    }

    @Test(
        "a damaged document is accepted and refused as by Foundation, where no rule is stricter",
        arguments: UInt64(21)...28)
    func foundationAgreesOnDamagedDocuments(seed: UInt64) throws {
        var documents = DocumentGenerator(seed: seed)
        var accepted = 0
        for _ in 0..<2000 {
            let bytes = documents.damaged(documents.value(depth: 3).encoded())
            let foreign = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
            do {
                let value = try JSONParser.parse(bytes)
                accepted += 1
                let object = try #require(foreign, "only this parser accepts \(String(decoding: bytes, as: UTF8.self))")
                #expect(value.matches(object), "they differ on \(String(decoding: bytes, as: UTF8.self))")
            } catch let error as JSONSyntaxError where error.isStricterThanFoundation(in: bytes) {
                continue
            } catch {
                #expect(foreign == nil, "\(error): only Foundation accepts \(String(decoding: bytes, as: UTF8.self))")
            }
        }
        #expect((100...1900).contains(accepted))
    }
}
