import Logging
import ServiceLifecycle
import Supervision
import UnixSignals

/// Replaces the processes of `romashka up` by fresh ones on SIGUSR2, so that what was put into the folder of plugins is
/// loaded. No request is refused: the old server ends what it began beside the new one.
///
/// A signal ends nothing any more once `signals` is made; what comes before this runs is done when it does.
struct Renewal: Service {
    let signals: UnixSignalsSequence
    let server: StandbySupervisor
    let jobs: Supervisor
    let logger: Logger

    func run() async throws {
        for await _ in signals.cancelOnGracefulShutdown() {
            logger.notice("the processes are replaced by fresh ones")
            server.handOver()
            jobs.renew()
        }
    }
}
