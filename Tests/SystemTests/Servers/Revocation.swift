import Identity
import Platform
@_spi(Kernel) import PluginKit
import Tenancy
import TestKit
import Testing

/// One way to take from somebody what they may do.
enum Revocation: String, CaseIterable, CustomTestStringConvertible {
    case logout = "a logout"
    case logoutEverywhere = "a logout everywhere"
    case sessionEnded = "a login that its person ends from another"
    case passwordChanged = "a changed password, at the other logins"
    case passwordReset = "a password reset"
    case refreshReused = "a refresh token that comes twice"
    case memberDisabled = "a member who is disabled"
    case memberRemoved = "a member who is removed"
    case memberDemoted = "a member with a lesser role"
    case roleNarrowed = "a role that loses a permission"
    case keyEnded = "an API key that is ended"
    case impersonationEnded = "an impersonation that is ended"
    case moduleOff = "a module that is switched off"
    case signingKeyReplaced = "a signing key that is replaced in an emergency"
    case tenantSuspended = "a tenant that is suspended"
    case tenantErased = "a tenant that is erased"
    case customerBlocked = "a customer who is blocked"
    case customerTokensEnded = "a customer whose tokens are ended"

    var testDescription: String { rawValue }

    /// What is asked until it is refused.
    struct Watched {
        let token: String
        var path = "/conversations"
        var status = 401
    }

    /// Sets up whom it befalls.
    ///
    /// - Returns: what works now, and what ends it.
    func prepare(_ site: PeopleSite) async throws -> (Watched, () async throws -> TestClient.Answer) {
        switch self {
        case .logout, .logoutEverywhere, .sessionEnded, .passwordChanged, .refreshReused:
            try await prepareOwn(site)
        case .passwordReset, .memberDisabled, .memberRemoved, .memberDemoted, .roleNarrowed:
            try await prepareMember(site)
        case .keyEnded, .impersonationEnded, .signingKeyReplaced: try await prepareKey(site)
        case .moduleOff, .tenantSuspended, .tenantErased: try await prepareTenant(site)
        case .customerBlocked, .customerTokensEnded: try await prepareCustomer(site)
        }
    }

    /// What people do to their own logins.
    private func prepareOwn(_ site: PeopleSite) async throws -> (Watched, () async throws -> TestClient.Answer) {
        try await site.add("grace", role: "agent")
        let login = try await site.login("grace").json
        let token = try #require(login["access_token"]?.string)
        let watched = Watched(token: token)
        switch self {
        case .logout: return (watched, { try await site.send("POST", "/auth/logout", token: token) })
        case .refreshReused:
            let first: JSONValue = ["refresh_token": login["refresh_token"] ?? .null]
            let second = try await site.send("POST", "/auth/refresh", first)
            let next: JSONValue = ["refresh_token": second.json["refresh_token"] ?? .null]
            _ = try await site.send("POST", "/auth/refresh", next)
            return (
                watched,
                {
                    let refused = try await site.send("POST", "/auth/refresh", first)
                    #expect(refused.code == "refresh_refused")
                    return try await site.send("GET", "/me")
                }
            )
        default:
            let other = try await site.token("grace")
            if self == .logoutEverywhere {
                return (watched, { try await site.send("POST", "/auth/logout-everywhere", token: other) })
            }
            if self == .passwordChanged {
                let change: JSONValue = [
                    "current_password": .string(PeopleSite.password), "new_password": "quite another one",
                ]
                return (watched, { try await site.send("POST", "/me/password", change, token: other) })
            }
            let list = try await site.send("GET", "/me/sessions", token: other).json["data"]?.array ?? []
            let id = try #require(list.first { $0["current"] == false }?["id"]?.string)
            return (watched, { try await site.send("DELETE", "/me/sessions/\(id)", token: other) })
        }
    }

    /// What admins do to people.
    private func prepareMember(_ site: PeopleSite) async throws -> (Watched, () async throws -> TestClient.Answer) {
        let wanted: JSONValue = ["name": "Reader", "permissions": ["members.read": "all"]]
        let role = try #require(try await site.send("POST", "/roles", wanted).json["id"]?.string)
        let id = try await site.add("grace", role: self == .roleNarrowed ? role : "admin")
        var watched = Watched(token: try await site.token("grace"), path: "/members")
        switch self {
        case .passwordReset:
            let reset = try await site.test.platform.identity.resets.create(
                for: try #require(ProfileID(id)), of: site.tenant.id)
            let proof: JSONValue = ["token": reset.value["token"] ?? .null, "password": "quite another one"]
            return (watched, { try await site.send("POST", "/auth/password-resets/confirm", proof) })
        case .memberDisabled:
            return (watched, { try await site.send("PATCH", "/members/\(id)", ["status": "disabled"]) })
        case .memberRemoved: return (watched, { try await site.send("DELETE", "/members/\(id)") })
        case .memberDemoted:
            // A token of another role is no longer believed; the next one is for the new role.
            return (watched, { try await site.send("PATCH", "/members/\(id)", ["role": "viewer"]) })
        default:
            watched.status = 403
            let narrower: JSONValue = ["permissions": ["teams.read": "all"]]
            return (watched, { try await site.send("PATCH", "/roles/\(role)", narrower) })
        }
    }

    /// What stands for somebody without a login.
    private func prepareKey(_ site: PeopleSite) async throws -> (Watched, () async throws -> TestClient.Answer) {
        let (client, operatorToken) = (site.client, site.test.operatorToken)
        switch self {
        case .keyEnded:
            let wanted: JSONValue = ["name": "Shop", "permissions": ["conversations.read"]]
            let key = try await site.send("POST", "/api-keys", wanted).json
            let (id, token) = (try #require(key["id"]?.string), try #require(key["key"]?.string))
            return (Watched(token: token), { try await site.send("DELETE", "/api-keys/\(id)") })
        case .impersonationEnded:
            let path = "/v1/operator/tenants/\(site.tenant.id)/impersonations"
            let begun = try await client.send(
                "POST", path, token: operatorToken,
                body: [
                    "profile_id": .string(site.tenant.session.actor.id.description), "reason": "Ticket 4711, a test",
                ]
            ).json
            let (id, token) = (try #require(begun["id"]?.string), try #require(begun["access_token"]?.string))
            return (
                Watched(token: token), { try await client.send("DELETE", "\(path)/\(id)", token: operatorToken) }
            )
        default:
            return (
                Watched(token: site.tenant.token),
                {
                    _ = try await site.test.platform.identity.rotation.rotate(isEmergency: true)
                    return try await client.send("GET", "/healthz")
                }
            )
        }
    }

    /// What befalls a whole tenant.
    private func prepareTenant(_ site: PeopleSite) async throws -> (Watched, () async throws -> TestClient.Answer) {
        let (client, operatorToken) = (site.client, site.test.operatorToken)
        let path = "/v1/operator/tenants/\(site.tenant.id)"
        var watched = Watched(token: site.tenant.token)
        switch self {
        case .moduleOff:
            watched.path = "/knowledge/items"
            watched.status = 404
            return (watched, { try await site.send("PATCH", "/modules/knowledge", ["enabled": false]) })
        case .tenantSuspended:
            watched.status = 403
            return (watched, { try await client.send("POST", "\(path)/suspend", token: operatorToken) })
        default:
            watched.status = 403
            return (
                watched,
                {
                    _ = try await client.send("POST", "\(path)/suspend", token: operatorToken)
                    return try await client.send(
                        "POST", "\(path)/erase", token: operatorToken, body: ["confirm": .string(site.tenant.slug)])
                }
            )
        }
    }

    /// What members do to customers.
    private func prepareCustomer(_ site: PeopleSite) async throws -> (Watched, () async throws -> TestClient.Answer) {
        let id = try #require(try await site.send("POST", "/customers", ["name": "Noah"]).json["id"]?.string)
        let watched = Watched(token: try await CustomerSite.token(id, site), path: "/customer/conversations")
        if self == .customerTokensEnded {
            return (watched, { try await site.send("DELETE", "/customers/\(id)/tokens") })
        }
        return (watched, { try await site.send("PATCH", "/customers/\(id)", ["status": "blocked"]) })
    }
}
