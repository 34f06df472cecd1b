internal import Cryptography
internal import Foundation

/// One numbered SQL file: `0001_name.sql`, with `0001_name.down.sql` beside it when it can be undone.
package struct MigrationFile: Hashable, Sendable {
    package let number: Int
    /// The file's name.
    package let name: String
    package let sql: String
    /// SHA-256 of the file, by which a later edit is noticed.
    package let checksum: [UInt8]
    /// The SQL that undoes it.
    package let rollback: String?

    /// The files of a folder by number; none when there is no folder.
    ///
    /// - Throws: `MigrationError` for names without a number, repeated numbers and gaps.
    package static func list(in folder: String) throws(MigrationError) -> [MigrationFile] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        var files: [MigrationFile] = []
        for name in names.sorted() where name.hasSuffix(".sql") && !name.hasSuffix(".down.sql") {
            files.append(try read(name, in: folder))
        }
        for (index, file) in files.enumerated() where file.number != index + 1 {
            throw MigrationError(.misnumbered, "\(folder)/\(file.name): number \(index + 1) is expected here")
        }
        return files
    }

    private static func read(_ name: String, in folder: String) throws(MigrationError) -> MigrationFile {
        guard let number = name.split(separator: "_").first.flatMap({ Int($0) }) else {
            throw MigrationError(.misnumbered, "\(folder)/\(name): the name must begin with a number and an underscore")
        }
        let sql = try SQLFile.read("\(folder)/\(name)")
        let down = "\(folder)/\(name.dropLast(4)).down.sql"
        let rollback = FileManager.default.fileExists(atPath: down) ? try SQLFile.read(down) : nil
        return MigrationFile(number: number, name: name, sql: sql, checksum: SHA256.digest(sql), rollback: rollback)
    }
}

/// Reads SQL that is shipped with the platform.
enum SQLFile {
    /// - Throws: `MigrationError` with code `file_missing`.
    static func read(_ path: String) throws(MigrationError) -> String {
        guard let data = FileManager.default.contents(atPath: path), let text = String(validating: data, as: UTF8.self)
        else {
            throw MigrationError(.fileMissing, "\(path) cannot be read")
        }
        return text
    }
}

/// Why a schema could not be brought up to date.
package struct MigrationError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case fileMissing = "file_missing"
        case misnumbered = "migration_misnumbered"
        /// A file was changed after it ran.
        case edited = "migration_edited"
        /// A file that ran is gone.
        case lost = "migration_lost"
        case failed = "migration_failed"
        case masterSecretDiffers = "master_secret_differs"
        case notBootstrapped = "not_bootstrapped"
        /// A file that ran has no down file beside it.
        case noRollback = "no_rollback"
        /// Processes are connected that a change of the schema would break.
        case stillServing = "still_serving"
        /// It cannot be known whether processes serve, so somebody has to say so.
        case unconfirmed = "confirmation_needed"
        case unknownModule = "module_unknown"
        /// A module declares a name that another one has.
        case nameTaken = "name_taken"
        /// A module reads what is not there for it.
        case readRefused = "read_refused"
        /// A module's tables would run code of the module's own.
        case foreignCode = "foreign_code"
    }

    package let code: Code
    package let detail: String

    package init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    package var description: String { "\(code.rawValue): \(detail)" }
}
