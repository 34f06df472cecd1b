package import PluginKit

extension SQL {
    /// Lets the server end the statements of this transaction ten seconds before the caller stops waiting, so that its
    /// error says what took too long. Leased connections have a shorter limit otherwise.
    ///
    /// - Parameter timeout: how long the caller waits; more than ten seconds.
    package static func statementLimit(within timeout: Duration) -> SQL {
        "SELECT set_config('statement_timeout', \("\(timeout.components.seconds - 10)s"), true)"
    }
}
