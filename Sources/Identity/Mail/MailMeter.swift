package import Observability
internal import Synchronization

/// How the mails stand, for the metrics: by kind, and by nothing that tells whose they are.
package final class MailMeter: Sendable {
    /// What a mail is about.
    enum Kind: String, CaseIterable {
        case passwordReset = "password_reset"
        case invitation
    }

    private struct Counts: Sendable {
        let sent = Counter()
        let postponed = Counter()
        let dropped = Counter()
        let waiting = Gauge()
    }

    private let counted = Mutex<ContinuousClock.Instant?>(nil)
    private let resets = Counts()
    private let invitations = Counts()

    package init(in registry: MetricRegistry) {
        registry.add("romashka_mail_sent_total", .counter, help: "Mails that the server has taken from this process.") {
            [self] writer in
            for kind in Kind.allCases { writer.sample(self[kind].sent.value, ["kind": kind.rawValue]) }
        }
        registry.add(
            "romashka_mail_failed_total", .counter,
            help: "Mails that the server did not take: to be sent later, or never."
        ) { [self] writer in
            for kind in Kind.allCases {
                writer.sample(self[kind].postponed.value, ["kind": kind.rawValue, "outcome": "later"])
                writer.sample(self[kind].dropped.value, ["kind": kind.rawValue, "outcome": "never"])
            }
        }
        registry.add(
            "romashka_mail_waiting", .gauge,
            help:
                "What is to be answered by mail, of the whole installation, 10,000 at most. Counted every ten seconds."
        ) { [self] writer in
            for kind in Kind.allCases { writer.sample(self[kind].waiting.value, ["kind": kind.rawValue]) }
        }
    }

    private subscript(kind: Kind) -> Counts {
        switch kind {
        case .passwordReset: resets
        case .invitation: invitations
        }
    }

    /// A mail was taken.
    func sent(_ kind: Kind) { self[kind].sent.add() }

    /// A mail was not taken.
    ///
    /// - Parameter isDropped: whether it never will be.
    func failed(_ kind: Kind, isDropped: Bool) { (isDropped ? self[kind].dropped : self[kind].postponed).add() }

    /// Whether what waits is to be counted again; whoever asks will do it.
    func isDue(every interval: Duration) -> Bool {
        counted.withLock { last in
            if let last, last.duration(to: .now) < interval { return false }
            last = .now
            return true
        }
    }

    /// So many wait.
    func waiting(_ kind: Kind, _ number: Int) { self[kind].waiting.add(number - self[kind].waiting.value) }
}
