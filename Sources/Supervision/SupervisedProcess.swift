package import Foundation

/// A child that runs this very executable, and that ends when this process does, in whatever way: the child reads from
/// a connection whose other end only this process has.
package final class SupervisedProcess: Sendable {
    /// Tells a child that it is one.
    package static let marker = "ROMASHKA_SUPERVISED"

    private let process: ChildProcess
    /// Open as long as this value lives.
    private let lifeline: FileHandle

    /// The child's id.
    package var id: Int32 { process.id }

    /// Starts a child.
    ///
    /// - Parameters:
    ///   - arguments: after the program's own name.
    ///   - program: its path; nil means this very program.
    ///   - inherited: what the child has open besides, under the numbers from `Spawn.firstInherited` on.
    ///   - onLine: is given each line of the child's standard output, on a thread of its own; nil lets the child share
    ///     our standard error, for standard output is for results, and those are the parent's.
    /// - Throws: `POSIXError` when it cannot be started.
    package init(
        _ arguments: [String], program: String? = nil, inherited: [Int32] = [],
        onLine: (@Sendable (String) -> Void)? = nil
    ) throws(POSIXError) {
        let input = try SocketPair()
        let output = onLine == nil ? nil : try SocketPair()
        let spawn = Spawn(
            program ?? ThisProgram.executable, arguments, environment: Self.environment,
            input: .descriptor(input.theirs.fileDescriptor),
            output: .descriptor(output?.theirs.fileDescriptor ?? STDERR_FILENO), error: .descriptor(STDERR_FILENO),
            inherited: inherited)
        // The child's ends stay open until the child has them.
        process = ChildProcess.watching(
            try withExtendedLifetime((input, output)) { () throws(POSIXError) in try spawn.start() })
        lifeline = input.ours
        if let output, let onLine { Self.read(output.ours, onLine) }
    }

    /// Without Swift's backtracer, which would make each end by a trap seconds longer; whose code a crash was is told
    /// without it. Who wants it sets the variable.
    private static var environment: [String: String] {
        ["SWIFT_BACKTRACE": "enable=no"].merging(ProcessInfo.processInfo.environment) { $1 }
            .merging([Self.marker: "1"]) { $1 }
    }

    /// Waits for the end, whether or not the task is cancelled.
    package func exit() async -> ProcessExit { await process.exit() }

    /// Waits for the end or the cancellation of the task.
    ///
    /// - Returns: nil if the task was cancelled before.
    package func exitUnlessCancelled() async -> ProcessExit? { await process.exitUnlessCancelled() }

    /// Tells the child that it is its turn; one that has ended does not hear it.
    package func callTurn() {
        var byte: UInt8 = 1
        _ = send(lifeline.fileDescriptor, &byte, 1, Int32(MSG_NOSIGNAL))
    }

    /// Sends a signal, unless it has ended.
    package func signal(_ number: Int32) { process.signal(number) }

    private static func read(_ file: FileHandle, _ onLine: @escaping @Sendable (String) -> Void) {
        Thread.detachNewThread {
            var rest = Data()
            while case let data = file.availableData, !data.isEmpty {
                rest += data
                while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                    onLine(String(decoding: rest[rest.startIndex..<end], as: UTF8.self))
                    rest = Data(rest[rest.index(after: end)...])
                }
            }
        }
    }
}
