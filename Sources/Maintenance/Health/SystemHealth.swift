package import PluginKit

/// How the installation is: what `core.get_system_health()` measured, and what of it somebody should look at.
package struct SystemHealth: Sendable {
    /// Something that somebody should look at.
    package struct Finding: Hashable, Sendable {
        package enum Severity: String, Sendable {
            case warning
            case critical
        }

        /// A stable word for it.
        package let code: String
        package let severity: Severity
        /// What is the matter and what helps, in a sentence.
        package let detail: String
    }

    /// What was measured, as the database said it.
    package let measures: JSONValue

    package init(measures: JSONValue) {
        self.measures = measures
    }

    /// The worst of the findings.
    package var status: String {
        let severities = findings.map(\.severity)
        return severities.contains(.critical) ? "critical" : severities.isEmpty ? "ok" : "warning"
    }

    /// What somebody should look at, the worst first.
    package var findings: [Finding] {
        let found = [connections, transactions, blocked, relay, workers, dead].compactMap { $0 } + tasks
        return found.filter { $0.severity == .critical } + found.filter { $0.severity == .warning }
    }

    /// A number among the measures; 0 when there is none.
    package func number(_ path: String...) -> Double {
        var value: JSONValue? = measures
        for name in path { value = value?[name] }
        return value?.double ?? 0
    }

    private var connections: Finding? {
        let (open, maximum) = (number("connections", "open"), number("connections", "maximum"))
        guard maximum > 0, open > maximum * 0.8 else { return nil }
        return Finding(
            code: "connections_scarce", severity: open > maximum * 0.95 ? .critical : .warning,
            detail: "\(Int(open)) of \(Int(maximum)) connections are open; raise max_connections or run fewer servers.")
    }

    private var transactions: Finding? {
        let age = number("oldest_transaction_seconds")
        guard age > 300 else { return nil }
        return Finding(
            code: "transaction_old", severity: age > 3600 ? .critical : .warning,
            detail: """
                A transaction is open for \(Int(age)) seconds: meanwhile nothing that was deleted can be cleaned up. \
                End its process if nobody needs it.
                """)
    }

    private var blocked: Finding? {
        let stuck = (measures["blocked_statements"]?.array ?? []).filter { ($0["seconds"]?.double ?? 0) > 5 }
        guard let first = stuck.first, let pid = first["pid"]?.integer else { return nil }
        let by = (first["blocked_by"]?.array ?? []).compactMap(\.integer).map(String.init).joined(separator: ", ")
        return Finding(
            code: "statements_blocked", severity: .warning,
            detail: "\(stuck.count) statements wait for a lock, process \(pid) longest; it is held by \(by).")
    }

    private var relay: Finding? {
        let age = number("oldest_unnumbered_seconds")
        guard age > 10 else { return nil }
        return Finding(
            code: "events_late", severity: age > 300 ? .critical : .warning,
            detail: """
                An event waits for its number for \(Int(age)) seconds, so streams stand still: does a server or a \
                `romashka work` run?
                """)
    }

    private var workers: Finding? {
        let age = number("oldest_ready_seconds")
        guard number("jobs_ready") > 0, age > 60 else { return nil }
        let isAnyoneThere = number("job_workers") > 0
        return Finding(
            code: isAnyoneThere ? "jobs_late" : "no_workers", severity: isAnyoneThere ? .warning : .critical,
            detail: isAnyoneThere
                ? "A job that could begin waits for \(Int(age)) seconds; run more of `romashka work`."
                : "Jobs wait for \(Int(age)) seconds and nobody runs any: start `romashka work`.")
    }

    private var dead: Finding? {
        let count = Int(number("jobs_dead"))
        guard count > 0 else { return nil }
        return Finding(
            code: "jobs_dead", severity: .warning,
            detail: "\(count) jobs are dead; see `romashka jobs lanes`, and redrive them once their cause is mended.")
    }

    private var tasks: [Finding] { (measures["tasks"]?.array ?? []).compactMap { SystemHealth.finding(of: $0) } }

    private static func finding(of task: JSONValue) -> Finding? {
        guard let name = task["name"]?.string else { return nil }
        if task["failures"]?.double ?? 0 >= 3 {
            return Finding(
                code: "\(name)_fails", severity: .critical,
                detail: "The last three runs of \(name) failed; see `romashka maintenance runs`.")
        }
        // It is measured only where a process does the task.
        let vain = task["unsuccessful_seconds"]?.double ?? 0
        if vain > 2 * 86_400 {
            return Finding(
                code: "\(name)_missing", severity: .critical,
                detail: """
                    No run of \(name) has succeeded for \(Int(vain) / 3600) hours, although a process does it; see \
                    `romashka maintenance runs`.
                    """)
        }
        // What never ran here is another installation's way of doing it, such as backups of its own.
        guard task["ever_succeeded"]?.bool == true || task["failures"]?.double != 0,
            task["overdue_seconds"]?.double ?? 0 > 7200
        else { return nil }
        return Finding(
            code: "\(name)_overdue", severity: .warning,
            detail: "\(name) is overdue by \(Int(task["overdue_seconds"]?.double ?? 0)) seconds.")
    }
}

extension JSONValue {
    /// The number, when this is one.
    fileprivate var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }
}
