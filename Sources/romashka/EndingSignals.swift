import Foundation
import UnixSignals

/// The signals by which somebody ends a command: Ctrl-C, `kill`, and a terminal that is closed. They end nothing by
/// themselves any more once this is made.
struct EndingSignals {
    /// A signal came before the work was done.
    struct Interrupted: Error {
        let signal: UnixSignal
    }

    private let signals: UnixSignalsSequence

    /// A terminal's end that nohup(1) had this process ignore stays ignored.
    init() async {
        var trapped = [UnixSignal.sigint, .sigterm]
        if !EndingSignals.areHangUpsIgnored { trapped.append(.sighup) }
        signals = await UnixSignalsSequence(trapping: trapped)
    }

    /// Runs work to its end, or cancels it when a signal comes.
    ///
    /// - Throws: what the work throws; `Interrupted` after a signal.
    func run(_ work: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await work() }
            group.addTask { [signals] in
                for await signal in signals { throw Interrupted(signal: signal) }
            }
            // Whichever comes first; signals come without end.
            _ = try await group.next()
            group.cancelAll()
        }
    }

    private static var areHangUpsIgnored: Bool {
        var action = sigaction()
        sigaction(SIGHUP, nil, &action)
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}
