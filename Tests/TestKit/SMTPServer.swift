internal import Foundation
package import PluginKit

/// The server of `deploy/smtp.d`, in a process of its own for the time of a test: it takes mail, or does not.
package final class SMTPServer: Sendable {
    /// What the server does with what it is offered.
    package enum Mode: String, Sendable {
        /// Takes it.
        case accept
        /// Takes it, after half a second.
        case slowly
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
    /// - Throws: `PythonServer.Missing` when the program is not installed.
    package static func with<Value: Sendable>(_ body: (SMTPServer) async throws -> Value) async throws -> Value {
        try await PythonServer.with("smtp") { server in
            let (lines, line) = AsyncStream<JSONValue>.makeStream()
            let (answers, answer) = AsyncStream<Void>.makeStream()
            let reader = server.output
            Thread.detachNewThread {
                while let text = PythonServer.line(from: reader), let json = try? JSONParser.parse(text) {
                    if json["done"] != nil { answer.yield() } else { line.yield(json) }
                }
                line.finish()
                answer.finish()
            }
            var first = lines.makeAsyncIterator()
            guard let port = await first.next()?["port"]?.integer else {
                throw PythonServer.Missing(description: "deploy/smtp.d/server.py did not start")
            }
            return try await body(
                SMTPServer(url: "smtp://127.0.0.1:\(port)", input: server.input, lines: lines, answers: answers))
        }
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
}
