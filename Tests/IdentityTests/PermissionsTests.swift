import Identity
import Testing

@Suite("Permissions")
struct PermissionsTests {
    private let permissions = Permissions([
        (permission: "knowledge.read", roles: ["admin", "agent"]), (permission: "knowledge.write", roles: ["admin"]),
        (permission: "knowledge.nobody", roles: []),
    ])

    @Test("A role has what was declared for it and nothing else")
    func declared() {
        #expect(permissions.allows("agent", "knowledge.read") && !permissions.allows("agent", "knowledge.write"))
        #expect(permissions.allows("admin", "knowledge.write") && !permissions.allows("admin", "knowledge.nobody"))
    }

    @Test("An agent may read people and modules, only an admin may change them")
    func kernel() {
        for kind in ["members", "modules"] {
            #expect(permissions.allows("agent", "\(kind).read") && !permissions.allows("agent", "\(kind).write"))
            #expect(permissions.allows("admin", "\(kind).read") && permissions.allows("admin", "\(kind).write"))
        }
    }

    @Test("An unknown role may do nothing", arguments: ["", "Admin", "admin ", "system", "operator", "*"])
    func unknown(role: String) {
        #expect(permissions.all(of: role) == [] && !permissions.allows(role, "members.read"))
    }

    @Test("All permissions of a role are listed in order")
    func sorted() {
        #expect(permissions.all(of: "agent") == ["knowledge.read", "members.read", "modules.read"])
    }
}
