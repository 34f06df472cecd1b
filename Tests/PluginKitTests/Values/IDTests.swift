import Foundation
import PluginKit
import Testing

@Suite("ID")
struct IDTests {
    enum Thing {}

    @Test("an id is written as it is read")
    func idRoundTrips() throws {
        let id = ID<Thing>.make()
        #expect(ID<Thing>(id.description) == id)
        #expect(id.description == id.uuid.lowercased)
        #expect(ID<Thing>("1") == nil)
        #expect(try #require(ID<Thing>("01920000-0000-7000-8000-00000000abcd"[...])).uuid.uuid.15 == 0xCD)
    }
}
