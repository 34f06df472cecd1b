package import Cryptography
internal import Foundation
package import PluginKit
internal import Tenancy

/// Addresses of files that work without a session until they expire: tenant, file and expiry, with a MAC over them.
package struct FileLinks: Sendable {
    /// The longest that a link may live.
    package static let maximumLifetime: Duration = .seconds(7 * 86_400)

    /// What a link stands for.
    package struct Target: Hashable, Sendable {
        package let tenant: TenantID
        package let file: FileID
        /// Seconds since 1970; from then on the link is none.
        package let expiry: Int64

        package init(tenant: TenantID, file: FileID, expiry: Int64) {
            self.tenant = tenant
            self.file = file
            self.expiry = expiry
        }
    }

    private static let contentLength = 16 + 16 + 8
    private let authenticator: HMACSHA256

    /// - Parameter master: the key is derived from it (HKDF, RFC 5869), so that every process reads every link.
    package init(master: MasterSecret) {
        authenticator = HMACSHA256(key: master.derive("file-link"))
    }

    /// The text of a link: base64url, 96 characters.
    package func token(for target: Target) -> String {
        let content = target.tenant.uuid.bytes + target.file.uuid.bytes + FileLinks.bytes(target.expiry)
        return Base64URL.encode(content + authenticator.authenticate(content))
    }

    /// What a text stands for; nil for what was not made here, and from its expiry on.
    package func target(of token: String, now: Timestamp = .now()) -> Target? {
        guard token.utf8.count == 96, let bytes = Base64URL.decode(token),
            bytes.count == FileLinks.contentLength + HMACSHA256.byteCount
        else { return nil }
        let content = Array(bytes[..<FileLinks.contentLength])
        guard authenticator.isValid(Array(bytes[FileLinks.contentLength...]), for: content) else { return nil }
        let expiry = content[32...].reduce(Int64(0)) { $0 << 8 | Int64($1) }
        guard now.seconds < expiry else { return nil }
        return Target(
            tenant: TenantID(UUID(bytes: content[0..<16])), file: FileID(UUID(bytes: content[16..<32])),
            expiry: expiry)
    }

    private static func bytes(_ number: Int64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
    }
}

extension UUID {
    fileprivate var bytes: [UInt8] { withUnsafeBytes(of: uuid) { Array($0) } }

    fileprivate init(bytes: ArraySlice<UInt8>) {
        var value = UUID.first.uuid
        withUnsafeMutableBytes(of: &value) { $0.copyBytes(from: bytes) }
        self.init(uuid: value)
    }
}
