import Identity
import PluginKit
import Testing

@Suite("Permissions")
struct PermissionsTests {
    private let permissions = Permissions(
        [
            (permission: "knowledge.read", roles: ["admin", "agent", "viewer"]),
            (permission: "knowledge.write", roles: ["admin"]), (permission: "knowledge.nobody", roles: []),
        ], narrowable: ["knowledge.read"])

    private func allows(_ role: String, _ permission: String) -> Bool {
        permissions.scope(of: permission, for: .builtIn(role)) != nil
    }

    @Test("A role has what was declared for it and nothing else")
    func declared() {
        #expect(allows("agent", "knowledge.read") && !allows("agent", "knowledge.write"))
        #expect(allows("viewer", "knowledge.read") && !allows("viewer", "members.write"))
        #expect(allows("admin", "knowledge.write") && !allows("admin", "knowledge.nobody"))
    }

    @Test("An owner has whatever an admin has")
    func owners() {
        #expect(permissions.all(of: .builtIn("owner")) == permissions.all(of: .builtIn("admin")))
    }

    @Test("An agent may read people and modules, only an admin may change them")
    func kernel() {
        for kind in ["members", "modules", "roles", "teams"] {
            #expect(allows("agent", "\(kind).read") && !allows("agent", "\(kind).write"))
            #expect(allows("admin", "\(kind).read") && allows("admin", "\(kind).write"))
        }
        #expect(!allows("agent", "api_keys.read"))
    }

    @Test("An unknown role may do nothing", arguments: ["", "Admin", "admin ", "system", "operator", "*", "custom"])
    func unknown(role: String) {
        #expect(permissions.all(of: .builtIn(role)).isEmpty && !allows(role, "members.read"))
    }

    @Test("A list grants what it names, as far as it says")
    func lists() {
        let grant = Grant.listed(["knowledge.read": .team])
        #expect(permissions.scope(of: "knowledge.read", for: grant) == .team)
        #expect(permissions.scope(of: "knowledge.write", for: grant) == nil)
    }

    @Test("A permission whose routes do not go by its scope is had over everything or not at all")
    func undivided() {
        let grant = Grant.listed(["knowledge.write": .team, "files.read": .assigned, "members.read": .all])
        #expect(permissions.all(of: grant) == ["members.read": .all])
        #expect(permissions.scope(of: "knowledge.write", for: grant) == nil)
        #expect(permissions.scope(of: "members.read", for: grant) == .all)
    }

    @Test("Nobody hands on what they lack, a wider scope, or ownership they do not have")
    func covering() {
        let admin = permissions.all(of: .builtIn("admin"))
        #expect(permissions.covers(admin, isOwner: false, .builtIn("agent")))
        #expect(permissions.covers(admin, isOwner: false, .builtIn("admin")))
        #expect(!permissions.covers(admin, isOwner: false, .builtIn("owner")))
        #expect(permissions.covers(admin, isOwner: true, .builtIn("owner")))
        let narrow: [String: Scope] = ["members.write": .all, "knowledge.read": .team]
        #expect(permissions.covers(narrow, isOwner: false, .listed(["knowledge.read": .assigned])))
        #expect(!permissions.covers(narrow, isOwner: false, .listed(["knowledge.read": .all])))
        #expect(!permissions.covers(narrow, isOwner: false, .builtIn("agent")))
    }
}
