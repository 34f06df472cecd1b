internal import Foundation
internal import Platform
internal import Synchronization

/// A plugin made outside of the project by nothing but the command line, the template and PluginKit; built once.
package enum SamplePlugin {
    /// What went wrong on the way.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private static let built = Mutex<Result<String, Failure>?>(nil)

    /// The folder of the built plugin `Sample`.
    package static func folder() throws -> String {
        try built.withLock { built in
            let result = built ?? Result { () throws(Failure) in try build() }
            built = result
            return try result.get()
        }
    }

    private static func build() throws(Failure) -> String {
        guard let home = try? Installation.find(environment: [:]).home else { throw Failure(description: "no home") }
        // Kept between runs, so that only what changed is compiled again.
        let parent = "\(home)/.build/sample-plugin"
        let romashka = "\(home)/.build/debug/romashka"
        try? FileManager.default.removeItem(atPath: "\(parent)/fresh")
        try? FileManager.default.createDirectory(atPath: "\(parent)/fresh", withIntermediateDirectories: true)
        _ = try run(romashka, ["plugin", "new", "Sample", "--at", "\(parent)/fresh"], in: parent)
        // The scratch folder outlives the package, whose files are the same each time.
        _ = try run(
            "/usr/bin/env", ["swift", "build", "--scratch-path", "\(parent)/scratch", "--manifest-cache", "none"],
            in: "\(parent)/fresh/Sample")
        let library = "\(parent)/scratch/debug/libSample.so"
        do {
            try FileManager.default.copyItem(atPath: library, toPath: "\(parent)/fresh/Sample/libSample.so")
        } catch {
            throw Failure(description: "\(library): \(error)")
        }
        return "\(parent)/fresh/Sample"
    }

    /// Runs a command to its end.
    ///
    /// - Returns: what it said on standard output.
    /// - Throws: `Failure` with all it said, when its status is not 0.
    package static func run(_ command: String, _ arguments: [String], in folder: String) throws(Failure) -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: command)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardOutput = output
        process.standardError = output
        do {
            try process.run()
        } catch {
            throw Failure(description: "\(command): \(error)")
        }
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(command) \(arguments) ended with \(process.terminationStatus):\n\(text)")
        }
        return text
    }
}
