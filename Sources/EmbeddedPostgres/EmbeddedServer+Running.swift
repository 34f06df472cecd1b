extension EmbeddedServer {
    /// Whether a directory has a cluster; one that may not be looked into counts as having one.
    package static func hasData(in directory: String) -> Bool {
        !FileSystem.isMissing("\(FileSystem.absolute(directory))/data/PG_VERSION")
    }

    /// The superuser's connection string for the server that runs in `directory` under another process: by way of the
    /// Unix socket, or of TCP where the socket is not known.
    ///
    /// - Throws: `EmbeddedPostgresError` when the directory's state cannot be read.
    package static func runningConninfo(
        in directory: String, database: String
    ) throws(EmbeddedPostgresError) -> String? {
        let server = ServerDirectory(existing: FileSystem.resolved(FileSystem.absolute(directory)))
        guard let state = try ServerState.load(server.state) else { return nil }
        let host = PostmasterFile(data: server.data)?.socketDirectory ?? "127.0.0.1"
        return "host=\(host) port=\(state.port) user=\(superuser) password=\(state.password) dbname=\(database)"
    }
}
