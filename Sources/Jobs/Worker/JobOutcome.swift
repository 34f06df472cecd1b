internal import PluginKit
internal import Postgres

/// What an attempt came to.
package enum JobOutcome: Sendable {
    /// Its transaction has committed.
    case succeeded
    /// Somebody else has it by now.
    case leaseLost
    /// It may be tried again, after a time of the handler's own or by the job's policy.
    case failed(JobFailure, retryAfter: Duration? = nil)
    /// The platform had no room for what follows from it: no fault of the job, so it is tried again without counting.
    case heldUp(JobFailure)
    /// No further attempt can help.
    case refused(JobFailure)

    package init(_ error: any Error) {
        switch error {
        case is JobLeaseLost: self = .leaseLost
        case let error as JobRetry:
            self = .failed(JobFailure(code: "retry", detail: error.reason), retryAfter: error.pause)
        case let error as JobRefused: self = .refused(JobFailure(code: "refused", detail: error.reason))
        case let problem as Problem where problem.code == "plugin_timeout":
            self = .failed(JobFailure(code: "timeout", detail: "it took longer than it may"))
        // The whole transaction was undone with it, see `core.require_room_for_job`, or never began: a tenant has its
        // share of the connections for transactions that last, and a worker may have more of its jobs than that.
        case let problem as Problem where ["job_backlog_full", "database_busy"].contains(problem.code):
            self = .heldUp(JobFailure(code: problem.code, detail: problem.detail))
        case let problem as Problem: self = .failed(JobFailure(code: problem.code, detail: problem.detail))
        // What an error of another type says may quote data; its type does not.
        default: self = .failed(JobFailure(code: "\(type(of: error))", detail: "\(error)"))
        }
    }

    /// Whether an error of the database says that the job is somebody else's.
    static func isLeaseLost(_ error: any Error) -> Bool { (error as? DatabaseError)?.sqlState == "RK001" }
}
