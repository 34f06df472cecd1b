/// Where and as whom to connect: libpq's keywords and values.
package struct ConnectionSettings: Hashable, Sendable {
    /// libpq's keywords (PostgreSQL manual §34.1.2), such as `host`, `dbname`, `sslmode`.
    private(set) var keywords: [String: String]

    /// Reads a connection URL or a `key=value` string as libpq does.
    ///
    /// A host that is not local gets `sslmode=verify-full` unless the URL says otherwise.
    ///
    /// - Throws: `DatabaseError` with code `invalid_url`.
    package init(url: String) throws(DatabaseError) {
        keywords = try PQConnection.parse(conninfo: url)
        if keywords["sslmode"] == nil, !isLocal { keywords["sslmode"] = "verify-full" }
        if keywords["connect_timeout"] == nil { keywords["connect_timeout"] = "5" }
        keywords["client_encoding"] = "UTF8"
        keywords["gssencmode"] = "disable"
    }

    /// Whether the server, or each of those that may be tried, is reached by a Unix socket or the loopback interface.
    package var isLocal: Bool {
        let hosts = [keywords["host"], keywords["hostaddr"]].compactMap { $0?.split(separator: ",") }.joined()
        return hosts.allSatisfy { $0.hasPrefix("/") || $0 == "localhost" || isLoopback($0) }
    }

    /// Whether this is an address of the loopback interface; a name such as `127.example.com` is none.
    private func isLoopback(_ host: Substring) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return host == "::1" || parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// The same server as another role.
    package func connecting(as user: String, password: String) -> ConnectionSettings {
        var copy = self
        copy.keywords["user"] = user
        copy.keywords["password"] = password
        return copy
    }

    /// The same server and role, in another database.
    package func connecting(toDatabase database: String) -> ConnectionSettings {
        var copy = self
        copy.keywords["dbname"] = database
        return copy
    }

    /// The same, naming itself to the server's activity view.
    package func named(_ applicationName: String) -> ConnectionSettings {
        var copy = self
        copy.keywords["application_name"] = applicationName
        return copy
    }

    /// The same, with server parameters set for the whole connection.
    package func with(parameters: KeyValuePairs<String, String>) -> ConnectionSettings {
        var copy = self
        let options = parameters.map { name, value in
            // A space ends an option, and a backslash keeps it from doing so.
            "-c \(name)=\(value.replacing("\\", with: "\\\\").replacing(" ", with: "\\ "))"
        }.joined(separator: " ")
        copy.keywords["options"] = [keywords["options"], options].compactMap { $0 }.joined(separator: " ")
        return copy
    }

    /// The role that connects.
    package var user: String? { keywords["user"] }
    /// The database connected to.
    package var database: String? { keywords["dbname"] }
}

extension ConnectionSettings: CustomStringConvertible, CustomReflectable {
    /// Host, database and role; never the password.
    package var description: String {
        "\(user ?? "?")@\(keywords["host"] ?? "local"):\(keywords["port"] ?? "5432")/\(database ?? "?")"
    }

    /// Shows no children, so that `dump` and test failures don't print the password.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
