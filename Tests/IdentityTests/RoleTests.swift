import Identity
import PluginKit
import Testing

@Suite("Role")
struct RoleTests {
    @Test(
        "A role survives the way through a token", arguments: [Role.owner, .admin, .agent, .viewer, .custom(.make())])
    func claims(role: Role) {
        #expect(Role(claim: role.claim) == role)
        #expect(Role(role.word, role.customID) == role)
        #expect(role.claim.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 95 })
    }

    @Test(
        "What is no role is none",
        arguments: ["", "root", "Owner", "custom", "custom_", "custom_zz", "custom_0192f0c17a0070008000000000000005x"])
    func unknown(claim: String) {
        #expect(Role(claim: claim) == nil)
    }
}
