internal import Foundation
internal import Observability
@_spi(Kernel) package import PluginKit
package import Tenancy

extension TenantFiles {
    /// What a module is given: the files of one tenant, on behalf of one actor.
    package func files(of module: ModuleName, for session: TenantSession) -> ModuleFiles {
        let (tenant, name) = (session.tenant, module.description)
        let author = Author(tenant: tenant, actor: session.actor.id, module: name)
        return ModuleFiles(
            ModuleFiles.Actions(
                store: { bytes, name in
                    try await Acting.$current.withValue(acting(session)) { try await store(bytes, name, by: author) }
                },
                read: { try await read($0, of: tenant) },
                delete: { id in
                    try await Acting.$current.withValue(acting(session)) {
                        try await remove(id, of: tenant, module: name)
                    }
                },
                link: { try await link($0, of: tenant, lifetime: $1).url }))
    }

    private func acting(_ session: TenantSession) -> Acting {
        Acting(session, requestID: RequestScope.current?.requestID ?? "")
    }

    private func store(_ bytes: [UInt8], _ name: String, by author: Author) async throws -> FileInfo {
        let result = try await add(name, by: author) { maximum, consume in
            guard bytes.count <= maximum else {
                throw Problem(
                    status: 413, code: "body_too_large", detail: "A file has at most \(maximum) bytes.")
            }
            try await consume(bytes)
        }
        guard let row = result.first else { throw Problem.notFound }
        return FileInfo(
            id: try row.get("id"), name: try row.get("name"), contentType: try row.get("content_type"),
            size: try row.get("size"))
    }

    private func read(_ id: FileID, of tenant: TenantID) async throws -> (FileInfo, [UInt8]) {
        let download = try await download(id, of: tenant)
        guard download.size <= ModuleFiles.maximumByteCount else {
            throw Problem(status: 413, code: "file_too_large", detail: "This file is too large to be read at once.")
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(download.size)
        if download.size > 0 { try await download.send(0..<download.size) { bytes += $0 } }
        let info = FileInfo(
            id: id, name: download.name, contentType: download.contentType, size: download.size)
        return (info, bytes)
    }
}
