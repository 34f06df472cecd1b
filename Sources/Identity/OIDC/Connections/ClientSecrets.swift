internal import Cryptography
@_spi(Kernel) internal import PluginKit

/// Seals the secrets that providers gave, each for its own row: moved to another row it does not open.
struct ClientSecrets: Sendable {
    private let cipher: AESGCM

    init(master: MasterSecret) throws(CryptographyError) {
        cipher = try AESGCM(key: master.derive("oidc-client-secret"))
    }

    /// The bytes to be stored.
    func seal(_ secret: String, _ tenant: TenantID, _ connection: OIDCConnectionID) throws(CryptographyError) -> [UInt8]
    {
        try cipher.seal(Array(secret.utf8), context: ClientSecrets.context(tenant, connection))
    }

    /// The secret behind stored bytes.
    func open(_ sealed: [UInt8], _ tenant: TenantID, _ connection: OIDCConnectionID) throws(CryptographyError) -> String
    {
        String(decoding: try cipher.open(sealed, context: ClientSecrets.context(tenant, connection)), as: UTF8.self)
    }

    private static func context(_ tenant: TenantID, _ connection: OIDCConnectionID) -> [UInt8] {
        Array("\(tenant)/\(connection)".utf8)
    }
}
