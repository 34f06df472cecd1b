/// The settings a server is started with, tuned for a small machine that runs other things too.
///
/// They are given at each start, so that a new release may change them; `postgresql.conf` stays as `initdb` made it.
struct ServerSettings {
    /// Settings of every server. What clients send stays out of the log: no statements, parameters or details.
    private static let common = [
        "jit": "off",
        "listen_addresses": "127.0.0.1",
        "log_error_verbosity": "terse",
        "log_min_error_statement": "panic",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        "log_statement": "none",
        "log_timezone": "UTC",
        "timezone": "UTC",
        "unix_socket_permissions": "0777",
    ]

    /// Settings of a server whose data matters.
    private static let persistent = [
        "max_connections": "100",
        "shared_buffers": "256MB",
        "synchronous_commit": "on",
        "wal_level": "replica",
        "logging_collector": "on",
        "log_file_mode": "0600",
        "log_filename": "postgres-%a.log",
        "log_rotation_age": "1d",
        "log_rotation_size": "0",
        "log_truncate_on_rotation": "on",
    ]

    /// Settings of a server whose data goes with it.
    private static let ephemeral = [
        "fsync": "off",
        "full_page_writes": "off",
        "max_connections": "300",
        "max_wal_senders": "0",
        "shared_buffers": "128MB",
        "synchronous_commit": "off",
        "wal_level": "minimal",
    ]

    /// All of them.
    private let values: [String: String]

    /// Chooses the settings of a server.
    ///
    /// - Parameters:
    ///   - configuration: whose own settings go first.
    ///   - directory: where the server is.
    ///   - port: the port it listens on.
    init(_ configuration: EmbeddedServer.Configuration, directory: ServerDirectory, port: Int) {
        var values = Self.common
        switch configuration.mode {
        case .persistent: values.merge(Self.persistent) { _, new in new }
        case .ephemeral: values.merge(Self.ephemeral) { _, new in new }
        }
        values.merge(configuration.settings) { _, new in new }
        values["log_directory"] = directory.logs
        values["port"] = "\(port)"
        values["unix_socket_directories"] = directory.socketDirectory
        self.values = values
    }

    /// The settings as arguments of the server.
    var arguments: [String] {
        values.sorted { $0.key < $1.key }.flatMap { ["-c", "\($0.key)=\($0.value)"] }
    }
}
