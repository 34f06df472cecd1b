import Tenancy
import Testing

@Suite("ModuleName")
struct ModuleNameTests {
    @Test(
        "A lower-case word is a name", arguments: ["ab", "a1", "a_b", "knowledge", String(repeating: "a", count: 31)])
    func accepted(text: String) {
        #expect(ModuleName(text)?.description == text)
    }

    @Test(
        "What could not stand in SQL without quotes is none",
        arguments: [
            "", "a", "1a", "_a", "Ab", "aB", "a-b", "a b", "a.b", "a\"b", "a;b", "ä1", "aä", "a\n", "a\u{0}",
            String(repeating: "a", count: 32),
        ])
    func refused(text: String) {
        #expect(ModuleName(text) == nil)
    }

    @Test("Roles are named after the module")
    func roles() throws {
        let name = try #require(ModuleName("knowledge"))
        #expect(name.ownerRole == "romashka_o_knowledge" && name.loginRole == "romashka_m_knowledge")
    }
}
