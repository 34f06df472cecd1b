package import PluginKit
internal import Tenancy

extension Manifest {
    /// Columns of a table of a module that it requires, which it reads by the same rules as that module: the tenant's
    /// rows, and of these what the customer or the visitor sees who asks.
    package struct ReadDeclaration: RequestPayload {
        /// The module and its table, such as `conversations.messages`.
        package let table: String
        /// What it reads of it, besides `tenant_id`.
        package let columns: [String]

        package static let schema = Schema(
            "Read",
            [
                Field("table", .text(3...95), required: true, example: "conversations.conversations"),
                Field("columns", .array(.text(1...63), 1...100), required: true, example: ["id", "status"]),
            ])

        package init(_ record: Record) throws {
            table = try record["table"]
            columns = try record["columns"]
        }

        /// The module and the table's name within it.
        var parts: (module: ModuleName, table: String)? {
            let words = table.split(separator: ".", omittingEmptySubsequences: false)
            guard words.count == 2, let module = ModuleName(String(words[0])), Manifest.isWord(words[1]) else {
                return nil
            }
            return (module, String(words[1]))
        }
    }

    /// Refuses reads of what is not a required module's.
    func requireOthersTables() throws(ManifestError) {
        for read in reads {
            guard let (module, _) = read.parts, read.columns.allSatisfy(Manifest.isWord) else {
                throw ManifestError(
                    .readsInvalid, "reads \(read.table) must be a module's table and columns: conversations.messages")
            }
            guard !PlatformNames.isTaken(module.description) else {
                throw ManifestError(
                    .readsInvalid,
                    "reads \(read.table): expected a table of another module, found one of the platform's; "
                        + "fix: follow its events")
            }
            guard module != id else {
                throw ManifestError(.readsInvalid, "reads \(read.table) is its own table, which it need not name")
            }
            guard requires.contains(module.description) else {
                throw ManifestError(
                    .readsInvalid,
                    "reads \(read.table): expected \(module) among requires, found \(requires); "
                        + "fix: add it there")
            }
            guard Set(read.columns).count == read.columns.count else {
                throw ManifestError(.readsInvalid, "reads \(read.table) names a column twice")
            }
        }
        guard Set(reads.map(\.table)).count == reads.count else {
            throw ManifestError(.readsInvalid, "reads names a table twice")
        }
    }
}
