import Identity
import Platform
import Tenancy

/// The tenant that `up --demo` makes for trying things out. Its password is well known, so it is for that only.
enum DemoTenant {
    struct Login {
        let tenant: String
        let email: String
        let password: String
    }

    static let login = Login(tenant: "demo", email: "admin@demo.example", password: "romashka-demo")

    /// Creates the tenant if it is not there.
    static func ensure(_ platform: Platform) async throws -> Login {
        if try await platform.identity.tenants.find(slug: login.tenant) == nil {
            let admin = NewMember(email: login.email, name: "Demo Admin", password: login.password, role: .owner)
            _ = try await platform.identity.tenants.create(slug: login.tenant, name: "Demo", isTest: true, admin: admin)
            try await platform.control.refresh()
        }
        return login
    }
}
