internal import Foundation
package import PluginKit

/// The server of `deploy/smtp.d`, in a process of its own for the time of a test: it takes mail, or does not.
package final class SMTPServer: Sendable {
    /// Why there is none.
    package struct Missing: Error, CustomStringConvertible {
        package let description: String
    }

    /// What the server does with what it is offered.
    package enum Mode: String, Sendable {
        /// Takes it.
        case accept
        /// Says that another time is better.
        case later
        /// Says that it never will.
        case never
        /// Does not listen.
        case stop
        /// Listens again.
        case start
    }

    /// Where it listens, such as `smtp://127.0.0.1:40025`.
    package let url: String
    private let input: FileHandle
    private let lines: AsyncStream<JSONValue>
    private let answers: AsyncStream<Void>

    private init(url: String, input: FileHandle, lines: AsyncStream<JSONValue>, answers: AsyncStream<Void>) {
        self.url = url
        self.input = input
        self.lines = lines
        self.answers = answers
    }

    /// Starts a server, runs `body` and ends the server.
    ///
    /// - Throws: `Missing` when the program is not installed.
    package static func with<Value: Sendable>(_ body: (SMTPServer) async throws -> Value) async throws -> Value {
        let home = FileManager.default.currentDirectoryPath
        let python = "\(home)/.build/smtp-venv/bin/python"
        guard FileManager.default.isExecutableFile(atPath: python) else {
            throw Missing(description: "\(python) is not there; run deploy/setup --with-smtp")
        }
        let process = Process()
        let (input, output) = (Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = ["\(home)/deploy/smtp.d/server.py"]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        defer {
            try? input.fileHandleForWriting.close()
            process.waitUntilExit()
        }
        let (lines, line) = AsyncStream<JSONValue>.makeStream()
        let (answers, answer) = AsyncStream<Void>.makeStream()
        let reader = output.fileHandleForReading
        Thread.detachNewThread {
            while let text = SMTPServer.line(from: reader), let json = try? JSONParser.parse(text) {
                if json["done"] != nil { answer.yield() } else { line.yield(json) }
            }
            line.finish()
            answer.finish()
        }
        var first = lines.makeAsyncIterator()
        guard let port = await first.next()?["port"]?.integer else {
            throw Missing(description: "deploy/smtp.d/server.py did not start")
        }
        return try await body(
            SMTPServer(
                url: "smtp://127.0.0.1:\(port)", input: input.fileHandleForWriting, lines: lines, answers: answers))
    }

    /// The next thing that the server tells of: a message, or `{"refused": …}`; null when it has ended.
    package func next() async -> JSONValue {
        for await line in lines { return line }
        return .null
    }

    /// Tells the server what to do, and waits until it does.
    package func set(_ mode: Mode) async throws {
        try input.write(contentsOf: Data("\(mode.rawValue)\n".utf8))
        for await _ in answers { return }
    }

    private static func line(from handle: FileHandle) -> [UInt8]? {
        var bytes: [UInt8] = []
        while let byte = try? handle.read(upToCount: 1)?.first {
            if byte == UInt8(ascii: "\n") { return bytes }
            bytes.append(byte)
        }
        return nil
    }
}
