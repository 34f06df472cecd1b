import ArgumentParser
import Identity

/// A process of a server's own, in which passwords are checked.
struct DeriveKeys: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "derive-keys",
        abstract: "Derive keys for the server that started this process.",
        discussion: Help.discussion(
            "Servers start it when somebody logs in. It answers a socket on standard input, and ends without one.",
            examples: ["romashka derive-keys"]),
        shouldDisplay: false)

    /// What this program is called with for it.
    static let arguments = [configuration.commandName ?? ""]

    func run() {
        KeyServer.serve()
    }
}
