internal import PluginKit
package import Postgres

/// Tells the workers of all processes that there may be new jobs, after the commit that made them.
///
/// Not within the transaction: NOTIFY takes a lock of the whole server at its commit. However many ring, one message
/// leaves in `interval`; whoever misses it finds the jobs by looking.
package final class JobBell: Sendable {
    /// How long one message stands for those that follow it.
    package static let interval: Duration = .milliseconds(10)

    private let pipeline: PipelineConnection
    private let rings: AsyncStream<Void>
    private let ringing: AsyncStream<Void>.Continuation

    /// - Parameter pipeline: of the kernel's role `worker`.
    package init(pipeline: PipelineConnection) {
        self.pipeline = pipeline
        (rings, ringing) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// There may be new jobs; returns at once.
    package func ring() { ringing.yield() }

    /// Passes on what is rung, until the task is cancelled.
    package func tell() async {
        for await _ in rings {
            _ = try? await pipeline.run(["SELECT core.ring_for_jobs()"])
            guard (try? await Task.sleep(for: JobBell.interval)) != nil else { return }
        }
    }
}
