/// Which files of a module are undone, newest first.
struct RollbackPlan: Hashable {
    let module: String
    let files: [MigrationFile]

    /// Chooses from what ran.
    ///
    /// - Parameters:
    ///   - files: the module's files as they are now.
    ///   - number: the last file that stays, 0 for none; nil takes back the newest one.
    /// - Throws: `MigrationError` when a file is not what ran here, or has no down file.
    static func make(
        _ module: String, files: [MigrationFile], ledger: Ledger, downTo number: Int?
    ) throws(MigrationError) -> RollbackPlan {
        _ = try ledger.pending(files, of: module)
        let done = ledger.entries(of: module).map(\.number)
        let limit = number ?? (done.last ?? 0) - 1
        let undone = files.filter { done.contains($0.number) && $0.number > limit }.sorted { $0.number > $1.number }
        let oneWay = undone.filter { $0.rollback == nil }.map(\.name)
        guard oneWay.isEmpty else {
            throw MigrationError(
                .noRollback,
                "\(module): there is no down file beside \(oneWay.joined(separator: ", ")); nothing was undone")
        }
        return RollbackPlan(module: module, files: undone)
    }
}
