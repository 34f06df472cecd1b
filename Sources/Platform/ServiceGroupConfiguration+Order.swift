package import Logging
package import ServiceLifecycle
internal import Supervision
internal import UnixSignals

extension ServiceGroupConfiguration {
    /// Services in the order they start. SIGTERM, SIGINT and the failure of one end them in reverse.
    ///
    /// Logs call a service by its type. Its text would be all that it holds, such as the password of a mail server.
    ///
    /// - Parameters:
    ///   - onSuccess: what becomes of the others when one is done.
    ///   - limit: how long they may take to end.
    package init(
        _ services: [any Service], onSuccess: ServiceConfiguration.TerminationBehavior = .cancelGroup,
        within limit: Duration, logger: Logger
    ) {
        self.init(
            services: services.map {
                ServiceConfiguration(
                    service: $0, successTerminationBehavior: onSuccess,
                    failureTerminationBehavior: .gracefullyShutdownGroup,
                    serviceName: ($0 as? FromTurn)?.name ?? "\(type(of: $0))")
            },
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        maximumGracefulShutdownDuration = limit
    }
}
