/// How every command explains itself: what it does, examples to copy, and the codes a script can rely on.
enum Help {
    /// What an exit code means.
    struct ExitCode {
        let number: Int
        let meaning: String

        static let done = ExitCode(number: 0, meaning: "done")
        static let failed = ExitCode(number: 1, meaning: "failed; standard error says why")
        static let wrongUsage = ExitCode(number: 64, meaning: "wrong usage or bad input")
        static let recycle = ExitCode(
            number: 75, meaning: "to be started anew: a plugin's code does not end, or --memory-limit was exceeded")

        /// Something was found, by a command that looks for it.
        static func findings(_ meaning: String) -> ExitCode { ExitCode(number: 2, meaning: meaning) }
    }

    /// A command's discussion.
    ///
    /// - Parameters:
    ///   - text: what its abstract has no room for.
    ///   - examples: lines as somebody would type them.
    ///   - codes: what it may end with.
    static func discussion(
        _ text: String = "", examples: [String], codes: [ExitCode] = [.done, .failed, .wrongUsage]
    ) -> String {
        let parts = [
            text,
            "EXAMPLES\n" + examples.map(indented).joined(separator: "\n"),
            "EXIT CODES\n" + codes.map { indented("\($0.number)  \($0.meaning)") }.joined(separator: "\n"),
        ]
        return parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    private static func indented(_ text: String) -> String {
        text.split(separator: "\n").map { "  " + $0 }.joined(separator: "\n")
    }
}
