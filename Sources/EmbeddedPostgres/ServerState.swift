import Foundation

/// What must outlive the server: the superuser's password and the port clients may have noted down.
struct ServerState: Codable, Hashable, Sendable {
    /// The password of the superuser `postgres`.
    let password: String

    /// The TCP port of the last start.
    var port: Int

    /// A new state with a password nobody knows.
    static func new(port: Int) -> ServerState {
        var generator = SystemRandomNumberGenerator()
        let digits = (0..<32).map { _ in
            let byte = String(UInt8.random(in: .min ... .max, using: &generator), radix: 16)
            return byte.count == 1 ? "0\(byte)" : byte
        }
        return ServerState(password: digits.joined(), port: port)
    }

    /// Reads the state from its file, or returns nothing if there is no file.
    static func load(_ path: String) throws(EmbeddedPostgresError) -> ServerState? {
        guard FileSystem.exists(path) else { return nil }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw FileSystem.failure("read the server's state", path)
        }
        do {
            return try JSONDecoder().decode(ServerState.self, from: data)
        } catch {
            throw EmbeddedPostgresError(
                .stateLost,
                "The server's state in \(path) is not readable.",
                fix: "restore the file from a backup, or remove the directory it is in to begin with empty data."
            )
        }
    }

    /// Writes the state to its file, readable only by its owner.
    func save(_ path: String) throws(EmbeddedPostgresError) {
        guard let data = try? JSONEncoder().encode(self) else { return }
        let owner = FileSystem.attributes(of: path)
        try FileSystem.replace(path, with: data, permissions: 0o600)
        if let owner, owner.owner != geteuid() { try FileSystem.setOwner(owner.owner, owner.group, of: path) }
    }
}
