import PluginKit
import Testing

@testable import Maintenance

@Suite("System health")
struct SystemHealthTests {
    /// What was measured, and the code of what it means; nothing when it means nothing.
    struct Case: Sendable {
        let name: String
        let measures: JSONValue
        let finding: String?
        let status: String
    }

    static let cases: [Case] = [
        Case(name: "nothing measured", measures: .null, finding: nil, status: "ok"),
        Case(
            name: "half of the connections", measures: ["connections": ["open": 50, "maximum": 100]], finding: nil,
            status: "ok"),
        Case(
            name: "most connections", measures: ["connections": ["open": 85, "maximum": 100]],
            finding: "connections_scarce", status: "warning"),
        Case(
            name: "all connections", measures: ["connections": ["open": 97, "maximum": 100]],
            finding: "connections_scarce", status: "critical"),
        Case(
            name: "a transaction of ten minutes", measures: ["oldest_transaction_seconds": 600.5],
            finding: "transaction_old", status: "warning"),
        Case(
            name: "a transaction of two hours", measures: ["oldest_transaction_seconds": 7200],
            finding: "transaction_old", status: "critical"),
        Case(
            name: "a statement that waits for a moment",
            measures: ["blocked_statements": [["pid": 7, "seconds": 0.5, "blocked_by": [8]]]], finding: nil,
            status: "ok"),
        Case(
            name: "a statement that waits for long",
            measures: ["blocked_statements": [["pid": 7, "seconds": 30.0, "blocked_by": [8]]]],
            finding: "statements_blocked", status: "warning"),
        Case(
            name: "events without numbers", measures: ["oldest_unnumbered_seconds": 11.0], finding: "events_late",
            status: "warning"),
        Case(
            name: "jobs and nobody to run them",
            measures: ["jobs_ready": 3, "oldest_ready_seconds": 90.0, "job_workers": 0], finding: "no_workers",
            status: "critical"),
        Case(
            name: "jobs that wait although somebody runs some",
            measures: ["jobs_ready": 3, "oldest_ready_seconds": 90.0, "job_workers": 2], finding: "jobs_late",
            status: "warning"),
        Case(name: "dead jobs", measures: ["jobs_dead": 2], finding: "jobs_dead", status: "warning"),
        Case(
            name: "a backup that never ran, overdue",
            measures: [
                "tasks": [["name": "backup", "overdue_seconds": 90_000.0, "failures": 0, "ever_succeeded": false]]
            ], finding: nil, status: "ok"),
        Case(
            name: "a backup that ran before, overdue",
            measures: [
                "tasks": [["name": "backup", "overdue_seconds": 90_000.0, "failures": 0, "ever_succeeded": true]]
            ], finding: "backup_overdue", status: "warning"),
        Case(
            name: "a backup that keeps failing",
            measures: [
                "tasks": [["name": "backup", "overdue_seconds": 0.0, "failures": 3, "ever_succeeded": false]]
            ], finding: "backup_fails", status: "critical"),
        Case(
            name: "backups that somebody makes, without success for a day and a half",
            measures: [
                "tasks": [
                    [
                        "name": "backup", "overdue_seconds": 0.0, "failures": 0, "ever_succeeded": false,
                        "unsuccessful_seconds": 130_000.0,
                    ]
                ]
            ], finding: nil, status: "ok"),
        Case(
            name: "backups that somebody makes, without success for more than two days",
            measures: [
                "tasks": [
                    [
                        "name": "backup", "overdue_seconds": 0.0, "failures": 0, "ever_succeeded": false,
                        "unsuccessful_seconds": 173_000.0,
                    ]
                ]
            ], finding: "backup_missing", status: "critical"),
    ]

    @Test("What was measured means something to an operator, or nothing", arguments: cases)
    func finding(example: Case) {
        let health = SystemHealth(measures: example.measures)
        #expect(health.findings.map(\.code) == [example.finding].compactMap { $0 }, "\(example.name)")
        #expect(health.status == example.status, "\(example.name)")
    }

    @Test("What is critical comes first")
    func order() {
        let health = SystemHealth(measures: ["jobs_dead": 1, "oldest_transaction_seconds": 7200])
        #expect(health.findings.map(\.code) == ["transaction_old", "jobs_dead"])
    }
}
