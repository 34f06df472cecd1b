import Jobs
import PluginKit
import Testing

@Suite("Job outcome")
struct JobOutcomeTests {
    @Test(
        "What the platform had no room for is held up, and what failed has failed",
        arguments: [
            ("job_backlog_full", true), ("database_busy", true), ("database_unavailable", false), ("try_again", false),
        ])
    func problems(code: String, isHeldUp: Bool) {
        let outcome = JobOutcome(Problem(status: 503, code: code, detail: "x"))
        switch outcome {
        case .heldUp(let failure): #expect(isHeldUp && failure.code == code)
        case .failed(let failure, _): #expect(!isHeldUp && failure.code == code)
        default: Issue.record("\(outcome)")
        }
    }
}
