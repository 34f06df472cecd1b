internal import Cryptography
internal import Foundation
@_spi(Kernel) package import PluginKit

/// A file as the database has it, with the place of its bytes.
package struct FileRecord: Sendable {
    package let info: FileInfo
    /// Who stored it besides the API's callers.
    package let module: String?
    package let address: ContentAddress

    /// Reads a row of `columns`.
    init(_ row: Row, of tenant: TenantID) throws {
        let object: ID<Void> = try row.get("object")
        info = FileInfo(
            id: try row.get("id"), name: try row.get("name"), contentType: try row.get("content_type"),
            size: try row.get("size"))
        module = try row.get("module")
        address = ContentAddress(tenant: tenant, digest: try row.get("digest"), object: object.uuid)
    }

    /// What `init` reads.
    static let columns: SQL = "f.id, f.name, f.content_type, c.size, f.module, f.digest, c.object"
}
