import Foundation

/// A copy of a data directory that was checked by bringing it to life: it is laid out like the directory it came from,
/// so that a server could run on it.
package struct Backup: Codable, Hashable, Sendable {
    /// When it was begun, in UTC, as `20261121T031500Z`; its directory is called so.
    package let name: String
    /// The version of the server that wrote it, such as `18.6`.
    package let version: String
    /// How much the copied cluster takes.
    package let bytes: Int64
    /// Seconds it took to copy, and to check the copy.
    package let copySeconds: Double
    package let checkSeconds: Double
    /// What the trial server answered.
    package let checked: String
    /// What belongs to the installation and is not inside, because it is kept elsewhere.
    package var without: [Part] = []

    /// What belongs to an installation beside its database.
    package enum Part: String, CaseIterable, Codable, Sendable {
        case files
        case masterSecret = "master_secret"

        /// The name in the data directory, when it is there.
        var name: String {
            switch self {
            case .files: "files"
            case .masterSecret: "master.secret"
            }
        }

        /// Where it has to come from when it is not in a backup.
        package var advice: String {
            switch self {
            case .files:
                """
                files are not inside: they come from where --files-dir or --files-s3-bucket had them. Try a backup out \
                with a copy of that place: a platform removes after a week what its database does not know.
                """
            case .masterSecret:
                """
                the master secret is not inside: set ROMASHKA_MASTER_SECRET or ROMASHKA_MASTER_SECRET_FILE as it was, \
                without which nobody can log in.
                """
            }
        }
    }

    /// The name of one begun at `moment`.
    static func name(at moment: Date) -> String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: moment)
        func digits(_ number: Int?, _ count: Int) -> String {
            let text = String(number ?? 0)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        return digits(parts.year, 4) + digits(parts.month, 2) + digits(parts.day, 2) + "T"
            + digits(parts.hour, 2) + digits(parts.minute, 2) + digits(parts.second, 2) + "Z"
    }

    /// Whether a name is one of a backup, and so no way out of the directory of backups.
    static func isName(_ name: String) -> Bool {
        name.wholeMatch(of: /[0-9]{8}T[0-9]{6}Z/) != nil
    }
}

extension Backup {
    /// Reads a record; an older one does not say what is not inside.
    package init(from decoder: any Decoder) throws {
        let record = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            name: try record.decode(String.self, forKey: .name),
            version: try record.decode(String.self, forKey: .version),
            bytes: try record.decode(Int64.self, forKey: .bytes),
            copySeconds: try record.decode(Double.self, forKey: .copySeconds),
            checkSeconds: try record.decode(Double.self, forKey: .checkSeconds),
            checked: try record.decode(String.self, forKey: .checked),
            without: try record.decodeIfPresent([Part].self, forKey: .without) ?? [])
    }
}
