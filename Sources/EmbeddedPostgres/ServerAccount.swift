import Foundation

/// The unprivileged user the server runs as when the host is root, as PostgreSQL refuses to run as root.
struct ServerAccount: Hashable, Sendable {
    /// The users tried, in this order.
    private static let names = ["romashka", "postgres", "nobody"]

    /// The user's number.
    let user: uid_t

    /// The number of the user's group.
    let group: gid_t

    /// The user's name, or the number where there is none.
    let name: String

    /// The account for a server, or nothing if the host is not root and the server runs as the same user.
    ///
    /// Data that is there keeps its owner, so that a directory can be used by its owner and by root in turn.
    ///
    /// - Parameter data: the directory with the server's data, which may be missing.
    static func choose(forData data: String) throws(EmbeddedPostgresError) -> ServerAccount? {
        let owner = FileSystem.attributes(of: data)
        guard geteuid() == 0 else {
            guard let owner, owner.owner != geteuid() else { return nil }
            throw EmbeddedPostgresError(
                .directoryForeign,
                "The data in \(data) belongs to the user \(Self.name(of: owner.owner)).",
                fix: "run as that user or as root, or choose another directory."
            )
        }
        if let owner {
            guard owner.owner != 0 else {
                throw EmbeddedPostgresError(
                    .directoryForeign,
                    "The data in \(data) belongs to root, and PostgreSQL does not run as root.",
                    fix: "give it to an unprivileged user: `chown -R <user> \(data)`."
                )
            }
            return ServerAccount(user: owner.owner, group: owner.group, name: Self.name(of: owner.owner))
        }
        for name in names {
            guard let entry = getpwnam(name)?.pointee else { continue }
            return ServerAccount(user: entry.pw_uid, group: entry.pw_gid, name: name)
        }
        throw EmbeddedPostgresError(
            .toolMissing,
            "PostgreSQL does not run as root, and none of the users \(names.joined(separator: ", ")) exists.",
            fix: "run `useradd --system romashka`, or start as an unprivileged user."
        )
    }

    /// The name of a user, or the number where there is none.
    private static func name(of user: uid_t) -> String {
        guard let entry = getpwuid(user)?.pointee else { return "\(user)" }
        return String(cString: entry.pw_name)
    }

    /// The first directory on the way to a path that this user may not enter.
    ///
    /// - Parameter path: an absolute path without symbolic links; it counts itself when it is a directory.
    func firstClosedDirectory(to path: String) -> String? {
        var current = ""
        for component in [""] + path.split(separator: "/").map(String.init) {
            current = current == "/" ? "/\(component)" : "\(current)/\(component)"
            guard let attributes = FileSystem.attributes(of: current), attributes.isDirectory else { continue }
            let needed: mode_t =
                attributes.owner == user ? 0o100 : attributes.group == group ? 0o010 : 0o001
            if attributes.permissions & needed == 0 { return current }
        }
        return nil
    }
}
