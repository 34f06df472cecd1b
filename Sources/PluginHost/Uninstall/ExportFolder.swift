internal import Foundation
internal import PluginKit

/// A folder that an export is written to: under another name until it is whole, so that whoever finds the folder finds
/// all of it.
struct ExportFolder {
    /// Where it will be.
    let path: String
    private let draft: String

    /// Makes the draft beside the place.
    ///
    /// - Throws: `UninstallError` with code `folder_taken` where there is something, `export_failed` where nothing can be.
    init(_ path: String) throws(UninstallError) {
        let place = URL(fileURLWithPath: path).standardizedFileURL
        self.path = place.path
        draft = place.path + ".partial-\(UUID().uuidString.prefix(8).lowercased())"
        guard !FileManager.default.fileExists(atPath: place.path) else {
            throw UninstallError(.folderTaken, "\(place.path) is there already: name a folder that is not")
        }
        let parent = place.deletingLastPathComponent()
        try ExportFolder.translate {
            try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
            // What tenants keep is nobody's business but the operator's.
            try FileManager.default.createDirectory(
                atPath: draft, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        }
    }

    /// Writes a file, piece by piece, and waits until the disk has it.
    ///
    /// - Parameter body: is given what takes the next bytes.
    func write(_ name: String, _ body: (_ take: ([UInt8]) throws -> Void) async throws -> Void) async throws {
        let url = URL(fileURLWithPath: "\(draft)/\(name)")
        try ExportFolder.translate {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data().write(to: url)
        }
        let file = try ExportFolder.translate { try FileHandle(forWritingTo: url) }
        defer { try? file.close() }
        try await body { bytes in try ExportFolder.translate { try file.write(contentsOf: Data(bytes)) } }
        try ExportFolder.translate { try file.synchronize() }
    }

    /// Gives it its name.
    func finish() throws(UninstallError) {
        try ExportFolder.translate { try FileManager.default.moveItem(atPath: draft, toPath: path) }
    }

    /// Removes what is not finished. What is stays, whatever comes after: of a commit whose answer was lost nobody knows
    /// whether it took place, and then this is all there is.
    func discard() { try? FileManager.default.removeItem(atPath: draft) }

    private static func translate<Value>(_ body: () throws -> Value) throws(UninstallError) -> Value {
        do {
            return try body()
        } catch {
            throw UninstallError(.exportFailed, "the export cannot be written: \(error.localizedDescription)")
        }
    }
}
