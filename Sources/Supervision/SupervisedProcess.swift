internal import Foundation
internal import Synchronization

/// A child that runs this very executable, and that ends when this process does, in whatever way: the child reads the
/// end of a pipe, whose other end only this process has.
package final class SupervisedProcess: Sendable {
    /// How a child ended.
    package enum Exit: Hashable, Sendable, CustomStringConvertible {
        case status(Int32)
        case signal(Int32)

        package var description: String {
            switch self {
            case .status(let status): "exit status \(status)"
            case .signal(let signal): "signal \(signal)"
            }
        }
    }

    /// Tells a child that it is one.
    package static let marker = "ROMASHKA_SUPERVISED"

    /// The child's id.
    package let id: Int32
    private let process: Process
    private let lifeline: Pipe
    private let ending: Ending

    /// How it ended, and who waits to know.
    private final class Ending: Sendable {
        private struct State {
            var exit: Exit?
            var waiters: [CheckedContinuation<Exit, Never>] = []
        }

        private let state = Mutex(State())

        func set(_ exit: Exit) {
            let waiters = state.withLock { state in
                state.exit = exit
                defer { state.waiters = [] }
                return state.waiters
            }
            for waiter in waiters { waiter.resume(returning: exit) }
        }

        func wait() async -> Exit {
            await withCheckedContinuation { waiter in
                let exit = state.withLock { state in
                    if state.exit == nil { state.waiters.append(waiter) }
                    return state.exit
                }
                if let exit { waiter.resume(returning: exit) }
            }
        }
    }

    /// Starts a child.
    ///
    /// - Parameters:
    ///   - arguments: after the program's own name.
    ///   - onLine: is given each line of the child's standard output, on a thread of its own; nil lets the child share ours.
    /// - Throws: `CocoaError` or `POSIXError` when it cannot be started.
    package init(_ arguments: [String], onLine: (@Sendable (String) -> Void)? = nil) throws {
        let ending = Ending()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = arguments
        // Swift's backtracer holds what the child had open, and when the child is killed meanwhile it does so for ever:
        // the child would count as alive. Whose code a crash was is told without it; who wants it sets the variable.
        process.environment = ["SWIFT_BACKTRACE": "enable=no"].merging(ProcessInfo.processInfo.environment) { $1 }
            .merging([Self.marker: "1"]) { $1 }
        lifeline = Pipe()
        process.standardInput = lifeline
        // Standard output is for results, and those are the parent's.
        let output = onLine.map { _ in Pipe() }
        if let output { process.standardOutput = output } else { process.standardOutput = FileHandle.standardError }
        process.terminationHandler = { process in
            let isSignal = process.terminationReason == .uncaughtSignal
            ending.set(isSignal ? .signal(process.terminationStatus) : .status(process.terminationStatus))
        }
        try process.run()
        self.process = process
        self.ending = ending
        id = process.processIdentifier
        if let output, let onLine { Self.read(output.fileHandleForReading, onLine) }
    }

    /// Waits for the end, whether or not the task is cancelled.
    package func exit() async -> Exit { await ending.wait() }

    /// Sends a signal, unless it has ended.
    package func signal(_ number: Int32) {
        if process.isRunning { kill(id, number) }
    }

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
