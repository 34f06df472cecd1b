package import Cryptography
internal import Foundation

extension MasterSecret {
    /// The secret of an installation: from `ROMASHKA_MASTER_SECRET`, from the file that
    /// `ROMASHKA_MASTER_SECRET_FILE` names, or from `directory`, where it is made when it is not there.
    ///
    /// - Throws: `ConfigurationError` when there is none or it cannot be read.
    package static func load(environment: [String: String], directory: String?) throws -> MasterSecret {
        if let text = environment["ROMASHKA_MASTER_SECRET"] { return try MasterSecret(parsing: text) }
        if let path = environment["ROMASHKA_MASTER_SECRET_FILE"] ?? directory.map({ "\($0)/master.secret" }) {
            if let data = FileManager.default.contents(atPath: path) {
                return try MasterSecret(
                    parsing: String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
            }
            guard directory != nil else { throw ConfigurationError(.fileUnreadable, "\(path) cannot be read") }
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

    private static func create(at path: String) throws -> MasterSecret {
        let secret = MasterSecret.generate()
        let isWritten = FileManager.default.createFile(
            atPath: path, contents: Data((secret.reveal() + "\n").utf8), attributes: [.posixPermissions: 0o600])
        guard isWritten else { throw ConfigurationError(.fileUnwritable, "\(path) cannot be written") }
        return secret
    }
}
