internal import Foundation
internal import PluginKit

/// What the control plane asks the database for, and how it reads the answers.
extension ControlPlane {
    static var hosts: SQL {
        "(SELECT jsonb_agg(h.host) FROM core.tenant_hosts h WHERE h.tenant_id = t.id)"
    }

    static var pauses: SQL { "SELECT module_id, code, detail, paused_at FROM core.plugin_pauses" }

    static func pausedPlugins(_ result: ResultSet) throws -> [String: PluginPause] {
        var pauses: [String: PluginPause] = [:]
        for row in result.rows {
            pauses[try row.get("module_id")] = PluginPause(
                code: try row.get("code"), detail: try row.get("detail"), since: try row.get("paused_at"))
        }
        return pauses
    }

    static var turns: SQL { "SELECT kid::int8, signs_from FROM core.session_key_turns" }

    static func sessionKeyTurns(_ result: ResultSet) throws -> [SessionKeyTurn] {
        try result.rows.map { SessionKeyTurn(keyID: try $0.get("kid"), signsFrom: try $0.get("signs_from")) }
    }

    static func tokenKeys(_ result: ResultSet) throws -> [TokenKeyRecord] {
        try result.rows.map { row in
            TokenKeyRecord(
                id: try row.get("id"), signsFrom: try row.get("signs_from"), endsAt: try row.get("ends_at"))
        }
    }
}

/// What belongs to tenants beside their own rows.
struct TenantDetails {
    private(set) var switches: [TenantID: [String: Bool]] = [:]
    private(set) var settings: [TenantID: [String: JSONValue]] = [:]
    private(set) var roles: [TenantID: [UUID: [String: Scope]]] = [:]

    init(switches: ResultSet, roles: ResultSet) throws {
        for row in switches.rows {
            let (tenant, module) = (
                try row.get("tenant_id", as: TenantID.self), try row.get("module_id", as: String.self)
            )
            self.switches[tenant, default: [:]][module] = try row.get("enabled", as: Bool.self)
            let settings = try row.get("settings", as: JSONValue.self)
            if settings.members?.isEmpty == false { self.settings[tenant, default: [:]][module] = settings }
        }
        for row in roles.rows {
            let permissions = try row.get("permissions", as: JSONValue.self).members ?? []
            let scopes = permissions.compactMap { member in
                (member.value.string.flatMap(Scope.init)).map { (member.name, $0) }
            }
            self.roles[try row.get("tenant_id"), default: [:]][try row.get("id")] = Dictionary(
                scopes, uniquingKeysWith: min)
        }
    }
}

extension ControlState {
    /// Takes over a tenant's row and what belongs to it.
    mutating func setTenant(_ row: Row, _ details: TenantDetails) throws {
        let id = try row.get("id", as: TenantID.self)
        let isActive = try row.get("status", as: String.self) == "active"
        set(
            id,
            TenantState(
                slug: try row.get("slug"), isActive: isActive, isTest: try row.get("is_test"),
                switches: details.switches[id] ?? [:], settings: details.settings[id] ?? [:],
                roles: details.roles[id] ?? [:],
                limits: try ControlState.limits(row),
                hosts: (try row.get("hosts", as: JSONValue?.self)?.array ?? []).compactMap(\.string)))
    }

    /// Applies a row of the changes.
    mutating func apply(_ row: Row) throws {
        let subject = try row.get("subject", as: String?.self) ?? ""
        let instant = try row.get("at", as: Timestamp.self)
        switch try row.get("kind", as: String.self) {
        case "session": if let id = LoginSessionID(subject) { revoke(id, at: instant) }
        case "profile":
            // <id>:<epoch>
            let parts = subject.split(separator: ":")
            if parts.count == 2, let id = ProfileID(parts[0]), let epoch = Int64(parts[1]) {
                change(id, to: epoch, at: instant)
            }
        case "customer":
            // <id>:<epoch>
            let parts = subject.split(separator: ":")
            if parts.count == 2, let id = ActorID(parts[0]), let epoch = Int64(parts[1]),
                let tenant = try row.get("tenant_id", as: TenantID?.self)
            {
                end(id.uuid, of: tenant, to: epoch, at: instant)
            }
        case "tenant" where subject == "teams":
            if let tenant = try row.get("tenant_id", as: TenantID?.self) {
                changeTeams(of: tenant, at: try row.get("revision"))
            }
        default: break
        }
    }

    private static func limits(_ row: Row) throws -> [String: Int] {
        let members = try row.get("limits", as: JSONValue.self).members ?? []
        return Dictionary(
            members.compactMap { member in Int(field: member.value).map { (member.name, $0) } },
            uniquingKeysWith: { first, _ in first })
    }
}
