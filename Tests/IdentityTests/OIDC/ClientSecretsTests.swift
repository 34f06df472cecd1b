import Cryptography
import PluginKit
import Testing

@testable import Identity

@Suite("ClientSecrets")
struct ClientSecretsTests {
    @Test("a secret opens in its own row, and in no other tenant's, connection's or installation's")
    func rows() throws {
        let master = MasterSecret.generate()
        let secrets = try ClientSecrets(master: master)
        let (tenant, connection) = (TenantID.make(), OIDCConnectionID.make())
        let sealed = try secrets.seal("hush", tenant, connection)
        #expect(try ClientSecrets(master: master).open(sealed, tenant, connection) == "hush")
        #expect(throws: CryptographyError.unopenable) { try secrets.open(sealed, .make(), connection) }
        #expect(throws: CryptographyError.unopenable) { try secrets.open(sealed, tenant, .make()) }
        let others = try ClientSecrets(master: .generate())
        #expect(throws: CryptographyError.unopenable) { try others.open(sealed, tenant, connection) }
    }
}
