internal import Cryptography
package import Foundation
package import PluginKit

/// Where the bytes of one content are, in every kind of store: `<tenant>/<2 digits>/<SHA-256>-<object>`.
///
/// It is made of ids and a digest alone; nothing that somebody sent stands in it. The object is another one for each
/// copy, so that whoever removes a copy that is no longer needed never removes the one that came after it.
package struct ContentAddress: Hashable, Sendable {
    package let tenant: TenantID
    /// SHA-256 of the bytes.
    package let digest: [UInt8]
    /// Names this copy.
    package let object: UUID

    package init(tenant: TenantID, digest: [UInt8], object: UUID) {
        self.tenant = tenant
        self.digest = digest
        self.object = object
    }

    /// The segments of the path.
    var segments: (tenant: String, shard: String, name: String) {
        let hex = Hex.encode(digest)
        return (tenant.description, String(hex.prefix(2)), "\(hex)-\(object.lowercased)")
    }

    /// The path, as S3 has it for a key.
    package var path: String {
        let (tenant, shard, name) = segments
        return "\(tenant)/\(shard)/\(name)"
    }

    /// Reads a path; nil for what is none of ours.
    package init?(path: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[2].utf8.count == 101, let tenant = TenantID(parts[0]),
            let digest = Hex.decode(String(parts[2].prefix(64))), let object = ID<Void>(parts[2].dropFirst(65))
        else { return nil }
        self.init(tenant: tenant, digest: digest, object: object.uuid)
        guard self.path == path else { return nil }
    }
}
