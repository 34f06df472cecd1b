internal import Logging
internal import Observability
internal import PluginKit
internal import Postgres
internal import Tenancy

extension TenantFiles {
    /// Adds the row of a content that is published, and drops the content if no row came to need it: it is kept when
    /// it is the first of these bytes, and when the copy that rows know is not to be had.
    func commit(
        _ file: FileTable.NewFile, _ address: ContentAddress, size: Int, in store: any FileStore
    ) async throws -> ResultSet {
        let limit = control.read { $0.limit("storage_bytes", of: address.tenant) }
        do {
            let lost = try await lostCopy(of: address, size: size, in: store)
            switch try await table.add(file, address, replacing: lost, size: size, limit: limit ?? .max >> 1) {
            case .added(let row, isContentKept: true): return row
            case .added(let row, isContentKept: false):
                await drop(address)
                return row
            case .refused:
                await drop(address)
                throw TenantFiles.isFull(limit ?? 0)
            }
        } catch let error as DatabaseError {
            // Of a commit whose answer was lost nobody knows whether it took place; then the content stays.
            if error.code == .statementFailed { await drop(address) }
            throw ProblemMapping.problem(for: error) ?? error
        }
    }

    /// The copy of these bytes that the tenant's rows know, if it is not in the store, or if nobody can tell: of those
    /// that were just published that is certain. What is left of it is swept.
    private func lostCopy(
        of address: ContentAddress, size: Int, in store: any FileStore
    ) async throws -> ContentAddress? {
        guard let known = try await table.copy(of: address) else { return nil }
        do {
            if try await store.holds(known, size: size) { return nil }
            logger.warning("a content was lost, and is replaced by the same bytes")
        } catch {
            if error is FileStoreError { failed.add() }
            logger.warning(
                "a content cannot be looked for, and is replaced by the same bytes", metadata: ["error": "\(error)"])
        }
        return known
    }

    /// Removes a content that no row knows; what fails is swept later.
    func drop(_ address: ContentAddress) async {
        do {
            try await store?.remove(address)
        } catch {
            logger.warning("a content is left to be swept", metadata: ["error": "\(error)"])
        }
    }

    /// What an upload is refused with that the tenant's limit does not let in.
    static func isFull(_ limit: Int) -> Problem {
        Problem.conflict("This tenant may store \(limit) bytes.", code: "limit_reached")
    }
}
