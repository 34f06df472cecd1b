extension EmbeddedServer {
    /// The superuser's URL of the server that runs in `directory` under another process.
    ///
    /// - Throws: `EmbeddedPostgresError` when the directory's state cannot be read.
    package static func runningURL(in directory: String, database: String) throws(EmbeddedPostgresError) -> String? {
        let path = FileSystem.resolved(FileSystem.absolute(directory))
        guard let state = try ServerState.load(ServerDirectory(existing: path).state) else { return nil }
        return "postgresql://\(superuser):\(state.password)@127.0.0.1:\(state.port)/\(database)"
    }
}
