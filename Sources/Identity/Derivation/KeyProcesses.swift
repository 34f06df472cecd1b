package import Cryptography
internal import Supervision
internal import Synchronization

/// Derives keys in processes of their own, one for each that is derived at the same time. They end by themselves when
/// they are not asked for a minute, and with this process.
package final class KeyProcesses: Sendable {
    private let arguments: [String]
    private let program: String?
    private let idle = Mutex<[KeyProcess]>([])

    /// - Parameters:
    ///   - arguments: what the program is called with to call ``KeyServer/serve()``.
    ///   - program: its path; nil means this very program.
    package init(_ arguments: [String], program: String? = nil) {
        self.arguments = arguments
        self.program = program
    }

    /// See `KeyDerivation`; to compute twice does no harm, so a process that ended meanwhile is replaced once.
    ///
    /// - Throws: `PasswordError.unavailable`.
    package func derive(
        from password: [UInt8], salt: [UInt8], cost: ScryptCost, count: Int
    ) throws(PasswordError) -> [UInt8] {
        let request = KeyRequest(password: password, salt: salt, cost: cost, count: count)
        if let process = idle.withLock({ $0.popLast() }), let key = try derive(request, process) { return key }
        guard let process = try? KeyProcess(program ?? ThisProgram.executable, arguments),
            let key = try derive(request, process)
        else { throw .unavailable }
        return key
    }

    private func derive(_ request: KeyRequest, _ process: KeyProcess) throws(PasswordError) -> [UInt8]? {
        guard let key = try process.derive(request) else { return nil }
        idle.withLock { $0.append(process) }
        return key
    }
}
