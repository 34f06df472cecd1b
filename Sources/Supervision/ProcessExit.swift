/// How a process ended.
package enum ProcessExit: Hashable, Sendable, CustomStringConvertible {
    /// By itself, with a status that is 0 when all went well.
    case status(Int32)

    /// By a signal.
    case signal(Int32)

    /// Whether it ended by itself and was content.
    package var isSuccess: Bool { self == .status(0) }

    /// How it ended, as the end of a sentence.
    package var description: String {
        switch self {
        case .status(let status): "exit status \(status)"
        case .signal(let signal): "signal \(signal)"
        }
    }
}
