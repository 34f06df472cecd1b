internal import Foundation
internal import PluginKit
internal import Postgres
internal import Tenancy

/// The rows behind files. Whatever changes them holds the tenant's row of `core.file_usage` until it commits, so that
/// nobody else counts, adds or drops a content of the tenant meanwhile.
struct FileTable: Sendable {
    /// What became of a file that was to be added.
    enum Outcome {
        /// It is there. Whether its content is the one that was just published, or an older one of the same bytes.
        case added(ResultSet, isContentKept: Bool)
        /// The tenant's limit does not let it in.
        case refused
    }

    /// A file to be added.
    struct NewFile: Sendable {
        let id: FileID
        let name: String
        let contentType: String
        let module: String?
        let creator: ActorID
    }

    private let pipeline: PipelineConnection

    /// - Parameter pipeline: of the kernel's role `auth`.
    init(pipeline: PipelineConnection) {
        self.pipeline = pipeline
    }

    /// The fields of `FilePayload`.
    private static let payload: SQL = """
        f.id, f.name, f.content_type, c.size, encode(f.digest, 'hex') AS digest, f.module, f.created_by, f.created_at
        """

    /// Adds a file whose content is published.
    ///
    /// - Parameters:
    ///   - lost: a copy whose place the content takes where rows still know it, for all files that have it.
    ///   - limit: the most bytes that the tenant's contents may have.
    /// - Throws: `DatabaseError`.
    func add(
        _ file: NewFile, _ address: ContentAddress, replacing lost: ContentAddress?, size: Int, limit: Int
    ) async throws -> Outcome {
        let tenant = address.tenant
        let results = try await pipeline.runActing([
            FileTable.lock(tenant),
            """
            INSERT INTO core.file_contents (tenant_id, digest, object, size)
            SELECT u.tenant_id, \(address.digest), \(ID<Void>(address.object)), \(size)
            FROM core.file_usage u
            WHERE u.tenant_id = \(tenant) AND u.stored_bytes + \(size) <= \(limit)
            ON CONFLICT (tenant_id, digest) DO NOTHING
            """,
            """
            UPDATE core.file_usage u
            SET stored_bytes = u.stored_bytes + c.size
            FROM core.file_contents c
            WHERE u.tenant_id = \(tenant) AND c.tenant_id = \(tenant) AND c.digest = \(address.digest)
              AND c.object = \(ID<Void>(address.object))
            """,
            // After the bytes are counted, which those of a lost copy are already.
            FileTable.replacement(of: lost, by: address),
            """
            INSERT INTO core.files (tenant_id, id, digest, content_type, name, module, created_by)
            SELECT c.tenant_id, \(file.id), c.digest, \(file.contentType), \(file.name), \(file.module), \(file.creator)
            FROM core.file_contents c
            WHERE c.tenant_id = \(tenant) AND c.digest = \(address.digest)
            """,
            FileTable.selection(file.id, tenant),
        ])
        let isContentKept = results[1].affected == 1 || results[3].affected == 1
        return results[5].isEmpty ? .refused : .added(results[5], isContentKept: isContentKept)
    }

    /// The copy of a content that the tenant's rows know; nil when they know none.
    ///
    /// - Throws: `DatabaseError`.
    func copy(of address: ContentAddress) async throws -> ContentAddress? {
        let result = try await pipeline.run(
            [
                """
                SELECT object
                FROM core.file_contents
                WHERE tenant_id = \(address.tenant) AND digest = \(address.digest)
                """
            ], isReplayable: true)[0]
        guard let row = result.first else { return nil }
        let object: ID<Void> = try row.get("object")
        return ContentAddress(tenant: address.tenant, digest: address.digest, object: object.uuid)
    }

    /// Removes a file, and its content's row when no other file has it.
    ///
    /// - Parameter module: removes only what this module stored; nil removes any.
    /// - Returns: where the content was that nobody has any more, nil when somebody still has it.
    /// - Throws: `Problem.notFound`.
    func remove(_ id: FileID, of tenant: TenantID, module: String?) async throws -> ContentAddress? {
        let results = try await pipeline.runForCaller([
            FileTable.lock(tenant),
            """
            WITH gone AS (
                DELETE FROM core.files
                WHERE tenant_id = \(tenant) AND id = \(id) AND (\(module) IS NULL OR module = \(module))
                RETURNING digest
            ), dropped AS (
                DELETE FROM core.file_contents c
                USING gone
                WHERE c.tenant_id = \(tenant) AND c.digest = gone.digest
                  AND NOT EXISTS (
                      SELECT
                      FROM core.files f
                      WHERE f.tenant_id = \(tenant) AND f.digest = c.digest AND f.id <> \(id))
                RETURNING c.object, c.size
            ), freed AS (
                UPDATE core.file_usage u
                SET stored_bytes = u.stored_bytes - dropped.size
                FROM dropped
                WHERE u.tenant_id = \(tenant)
            )
            SELECT gone.digest, dropped.object
            FROM gone
            LEFT JOIN dropped ON true
            """,
        ])
        guard let row = results[1].first else { throw Problem.notFound }
        guard let object = try row.get("object", as: ID<Void>?.self) else { return nil }
        return ContentAddress(tenant: tenant, digest: try row.get("digest"), object: object.uuid)
    }

    /// How many bytes the contents of a tenant have.
    func storedBytes(of tenant: TenantID) async throws -> Int {
        let result = try await pipeline.runForCaller(
            ["SELECT stored_bytes FROM core.file_usage WHERE tenant_id = \(tenant)"], isReplayable: true)[0]
        return try result.first?.get("stored_bytes", as: Int.self) ?? 0
    }

    /// A file as the API tells of it.
    func payload(_ id: FileID, of tenant: TenantID) async throws -> ResultSet {
        try await pipeline.runForCaller([FileTable.selection(id, tenant)], isReplayable: true)[0]
    }

    /// A page of a tenant's files, newest first.
    func page(of tenant: TenantID, _ page: PageRequest) async throws -> ResultSet {
        try await pipeline.runForCaller(
            [
                """
                SELECT \(FileTable.payload)
                FROM core.files f
                JOIN core.file_contents c ON c.tenant_id = f.tenant_id AND c.digest = f.digest
                WHERE f.tenant_id = \(tenant) AND f.id < \(page.after(0, or: FileID(.last)))
                ORDER BY f.id DESC
                LIMIT \(page.fetchCount)
                """
            ], isReplayable: true)[0]
    }

    /// A file with the place of its bytes.
    ///
    /// - Throws: `Problem.notFound`.
    func record(_ id: FileID, of tenant: TenantID) async throws -> FileRecord {
        let result = try await pipeline.runForCaller(
            [
                """
                SELECT \(FileRecord.columns)
                FROM core.files f
                JOIN core.file_contents c ON c.tenant_id = f.tenant_id AND c.digest = f.digest
                WHERE f.tenant_id = \(tenant) AND f.id = \(id)
                """
            ], isReplayable: true)[0]
        guard let row = result.first else { throw Problem.notFound }
        return try FileRecord(row, of: tenant)
    }

    /// Makes the tenant's row if there is none, and holds it until the transaction ends.
    private static func lock(_ tenant: TenantID) -> SQL {
        """
        INSERT INTO core.file_usage AS u (tenant_id)
        VALUES (\(tenant))
        ON CONFLICT (tenant_id) DO UPDATE
        SET stored_bytes = u.stored_bytes
        """
    }

    /// Changes nothing where another copy has taken the place of the lost one, or none is lost.
    private static func replacement(of lost: ContentAddress?, by address: ContentAddress) -> SQL {
        let lostObject = lost.map { ID<Void>($0.object) }
        return """
            UPDATE core.file_contents
            SET object = \(ID<Void>(address.object))
            WHERE tenant_id = \(address.tenant) AND digest = \(address.digest) AND object = \(lostObject)
            """
    }

    private static func selection(_ id: FileID, _ tenant: TenantID) -> SQL {
        """
        SELECT \(payload)
        FROM core.files f
        JOIN core.file_contents c ON c.tenant_id = f.tenant_id AND c.digest = f.digest
        WHERE f.tenant_id = \(tenant) AND f.id = \(id)
        """
    }
}
