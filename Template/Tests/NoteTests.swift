import PluginKit
import Testing

@testable import Sample

@Suite("Notes")
struct NoteTests {
    @Test("A note needs a text, and one that is not too long", arguments: ["", String(repeating: "a", count: 1001)])
    func bounds(text: String) {
        #expect(throws: Problem.self) { try NewNote.decode(["text": .string(text)]) }
    }

    @Test("Every route, command and hook is registered")
    func registration() {
        #expect(plugin.routes.count == 5)
        #expect(plugin.commands.map(\.name) == ["sample.pin"])
        #expect(plugin.hooks.map(\.name) == ["sample.note"])
    }
}
