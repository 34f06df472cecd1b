internal import Logging
internal import ServiceLifecycle
internal import Supervision

/// What a server that stands by tells its supervisor, in the order of its life: the last service to start, and the first
/// to hear of a shutdown.
struct StandbyPresence: Service {
    private let platform: Platform
    private let turn: Turn
    private let logger: Logger

    init(_ platform: Platform, turn: Turn, logger: Logger) {
        self.platform = platform
        self.turn = turn
        self.logger = logger
    }

    /// Says that it could serve, and that it takes no more. When its turn has come, takes in how the server before it
    /// ended.
    func run() async throws {
        await platform.warmUp(logger)
        StandbyWord.prepared.say()
        if await turn.hasCome() { await platform.noteCrashes(logger) }
        try? await gracefulShutdown()
        StandbyWord.leaving.say()
    }
}
