@_spi(Kernel) package import PluginKit

/// A tenant's connection to a provider, as sign-ins use it.
package struct OIDCConnection: Sendable {
    let tenant: TenantID
    let id: OIDCConnectionID
    let issuer: String
    let clientID: String
    /// As it is stored; nil for a client that has none.
    let sealedSecret: [UInt8]?
    /// Whether somebody who is not known becomes a member of the least role.
    let createsProfiles: Bool

    var directoryKey: ProviderDirectory.Key { .init(tenant: tenant, connection: id, issuer: issuer) }

    init(_ row: Row) throws {
        tenant = try row.get("tenant_id")
        id = try row.get("id")
        issuer = try row.get("issuer")
        clientID = try row.get("client_id")
        sealedSecret = try row.get("client_secret")
        createsProfiles = try row.get("provisioning", as: String.self) == "create"
    }
}

/// A connection's id.
package typealias OIDCConnectionID = ID<OIDCConnection>
