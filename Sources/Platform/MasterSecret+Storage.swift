package import Cryptography
internal import EmbeddedPostgres
internal import Foundation

extension MasterSecret {
    /// The secret of an installation: from `ROMASHKA_MASTER_SECRET`, from the file that
    /// `ROMASHKA_MASTER_SECRET_FILE` names, or from `directory`, where it is made when there is neither it nor data.
    ///
    /// - Throws: `ConfigurationError` when there is none or it cannot be read.
    package static func load(environment: [String: String], directory: String?) throws -> MasterSecret {
        if let text = environment["ROMASHKA_MASTER_SECRET"] { return try MasterSecret(parsing: text) }
        if let path = environment["ROMASHKA_MASTER_SECRET_FILE"] ?? directory.map({ "\($0)/master.secret" }) {
            // Asked first: where there was data before, whoever made it had made the secret.
            let hasData = directory.map { EmbeddedServer.hasData(in: $0) } ?? false
            if let secret = try stored(at: path) { return secret }
            guard let directory else { throw ConfigurationError(.fileUnreadable, "\(path) cannot be read") }
            guard !hasData else {
                throw ConfigurationError(
                    .masterSecretMissing,
                    "\(path) is missing, and the data in \(directory) was made with it; "
                        + "put it back, or set ROMASHKA_MASTER_SECRET")
            }
            return try create(at: path)
        }
        throw ConfigurationError(
            .masterSecretMissing,
            "the master secret is missing: set ROMASHKA_MASTER_SECRET (64 hexadecimal digits) or ROMASHKA_MASTER_SECRET_FILE"
        )
    }

    /// Whether `load` takes the secret from the file of `directory`.
    package static func isKept(in directory: String, environment: [String: String]) -> Bool {
        guard environment["ROMASHKA_MASTER_SECRET"] == nil else { return false }
        guard let path = environment["ROMASHKA_MASTER_SECRET_FILE"] else { return true }
        return canonical(path) == canonical("\(directory)/master.secret")
    }

    private static func canonical(_ path: String) -> String {
        URL(fileURLWithPath: path).standardizedFileURL.resolvingSymlinksInPath().path
    }

    /// The secret in a file, or nothing where there is no file; any other trouble with it is an error.
    private static func stored(at path: String) throws -> MasterSecret? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            guard errno == ENOENT else { throw failure(.fileUnreadable, "\(path) cannot be read") }
            return nil
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(.fileUnreadable, "\(path) cannot be read") }
            if count == 0 { break }
            bytes += buffer[..<count]
        }
        return try MasterSecret(
            parsing: String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
    }

    /// Makes a secret, which gets its name when it is whole and on the disk. If another process was first, its counts.
    private static func create(at path: String) throws -> MasterSecret {
        let temporary = "\(path).new-\(UUID().uuidString)"
        defer { unlink(temporary) }
        try put(MasterSecret.generate().reveal() + "\n", in: temporary)
        // Unlike a rename, a link replaces nothing.
        guard link(temporary, path) == 0 || errno == EEXIST else {
            throw failure(.fileUnwritable, "\(path) cannot be written")
        }
        FileSystem.synchronize(directory: URL(fileURLWithPath: path).deletingLastPathComponent().path)
        guard let secret = try stored(at: path) else {
            throw ConfigurationError(.fileUnreadable, "\(path) cannot be read")
        }
        return secret
    }

    /// Writes a new file to the disk, which at no time anybody else may read.
    private static func put(_ text: String, in path: String) throws(ConfigurationError) {
        let descriptor = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure(.fileUnwritable, "\(path) cannot be written") }
        defer { close(descriptor) }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure(.fileUnwritable, "\(path) cannot be written") }
            rest = rest.dropFirst(count)
        }
        // The umask may have taken more away.
        guard fchmod(descriptor, 0o600) == 0, fsync(descriptor) == 0 else {
            throw failure(.fileUnwritable, "\(path) cannot be written")
        }
    }

    /// The error of the system call that has just failed.
    private static func failure(_ code: ConfigurationError.Code, _ what: String) -> ConfigurationError {
        ConfigurationError(code, "\(what): \(String(cString: strerror(errno)))")
    }
}
