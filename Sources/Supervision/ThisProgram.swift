internal import Foundation

/// The program that runs here, as the disk has it.
package enum ThisProgram {
    private static let link = "/proc/self/exe"

    /// Where it is; where another one has taken its place meanwhile, the system says so behind the path.
    package static var path: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: link)) ?? CommandLine.arguments[0]
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
