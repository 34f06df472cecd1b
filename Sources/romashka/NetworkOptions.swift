import ArgumentParser
import Outbound

/// Where plugins may send requests to, of the commands that run their code.
struct NetworkOptions: ParsableArguments {
    @Option(
        name: .customLong("allow-network"),
        help: "A private network that plugins may send requests into, such as 10.1.0.0/16; may be repeated.")
    var allowed: [String] = []

    func validate() throws {
        if let other = allowed.first(where: { NetworkRange($0) == nil }) {
            throw ValidationError("--allow-network \(other) is no network such as 10.1.0.0/16")
        }
    }

    /// The networks.
    var ranges: [NetworkRange] { allowed.compactMap { NetworkRange($0) } }

    /// The same for a process that this one starts.
    var arguments: [String] { allowed.flatMap { ["--allow-network", $0] } }
}
