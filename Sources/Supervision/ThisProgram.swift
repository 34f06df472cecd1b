internal import Foundation

/// The program that runs here, as the disk has it.
package enum ThisProgram {
    private static let link = "/proc/self/exe"

    /// Where it is; where another one has taken its place meanwhile, the system says so behind the path.
    package static var path: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: link)) ?? CommandLine.arguments[0]
    }

    /// The folder that it lies in.
    package static var folder: String { URL(fileURLWithPath: path).deletingLastPathComponent().path }

    /// A path and the folders above it, the root last.
    package static func upwards(from path: String) -> [String] {
        var url = URL(fileURLWithPath: path)
        var found = [url.path]
        while url.path != "/" {
            url.deleteLastPathComponent()
            found.append(url.path)
        }
        return found
    }

    /// What starts it again: its path, by which the system names what runs from it; where something else is there by now,
    /// the link that leads to the version that runs all the same.
    package static var executable: String {
        let path = path
        var (ours, found) = (stat(), stat())
        guard stat(link, &ours) == 0, stat(path, &found) == 0, ours.st_dev == found.st_dev, ours.st_ino == found.st_ino
        else { return link }
        return path
    }
}

extension ThisProgram {
    /// Whether nobody can have put a file there but root, whoever runs this program, and those who could have put another
    /// one in its place: what lies in a folder that everybody shares may be anybody's.
    package static func trusts(_ path: String) -> Bool {
        let ours = way(to: ThisProgram.path)
        // Where all may replace the program itself nothing is left to guard.
        guard !ours.contains(where: isOpen) else { return true }
        let owners = Set(ours.map(\.st_uid) + [0, geteuid()])
        let way = way(to: path)
        // What it leads to may be nobody's but theirs in any case: others would add to it.
        guard let last = way.first, last.st_mode & 0o002 == 0 else { return false }
        return way.allSatisfy { owners.contains($0.st_uid) && !isOpen($0) }
    }

    /// What a path leads to and each folder above it; nothing when it leads nowhere.
    private static func way(to path: String) -> [stat] {
        var found: [stat] = []
        for folder in upwards(from: URL(fileURLWithPath: path).resolvingSymlinksInPath().path) {
            var status = stat()
            guard stat(folder, &status) == 0 else { return [] }
            found.append(status)
        }
        return found
    }

    /// Whether everybody may replace what is in a folder; where it is sticky, as `/tmp` is, only what is their own.
    private static func isOpen(_ status: stat) -> Bool { status.st_mode & 0o1002 == 0o002 }
}
