internal import Logging
@_spi(Kernel) internal import PluginKit

/// What becomes of a job that did not succeed.
extension JobWorker {
    /// Writes down what an attempt came to; what succeeded is written down already.
    func write(_ outcome: JobOutcome, of job: ClaimedJob) async throws {
        switch outcome {
        case .succeeded: break
        case .leaseLost: logger.warning("a job's lease was lost", metadata: ["job": "\(job.id)"])
        case .refused(let failure): try await queue.fail(job, failure, retry: nil)
        case .failed(let failure, let pause):
            try await queue.fail(job, failure, retry: pause.map(JobRetries.bounded) ?? usualPause(after: job))
        case .heldUp(let failure):
            if try await queue.putOff(job, failure.detail) { return }
            try await queue.fail(job, failure, retry: usualPause(after: job))
        }
    }

    private func usualPause(after job: ClaimedJob) -> Duration {
        let retries = module.jobs.first { $0.kind == job.kind }?.retries ?? .usual
        return retries.delay(after: job.attempt, random: .random(in: 0...1))
    }
}
