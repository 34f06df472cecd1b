import Identity
import PluginKit
import Testing

@Suite("OperatorTokens")
struct OperatorTokensTests {
    @Test(
        "A token names its id, whatever characters its secret has",
        arguments: ["YWJj", "YW_j", "_WJj", "YWJ_", "Y__j", "-W-j"])
    func ids(secret: String) {
        let id = ID<Operator>.make()
        #expect(OperatorTokens.id(of: "rmo_\(id)_\(secret)") == id)
    }

    @Test("What is no token names none", arguments: ["", "rmo", "rmo_", "rmo_x_YWJj", "rmk_", "_"])
    func garbage(text: String) {
        let id = ID<Operator>.make()
        for text in [text, "\(id)", "rmo_\(id)", "rmk_\(id)_YWJj"] { #expect(OperatorTokens.id(of: text) == nil) }
    }
}
