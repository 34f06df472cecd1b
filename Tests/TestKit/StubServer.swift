internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import ServiceLifecycle
internal import Synchronization

/// A small HTTP server on a loopback port that answers as a test says, in place of somebody else's.
package struct StubServer: Sendable {
    /// What it was asked.
    package struct Question: Sendable {
        package let method: String
        package let path: String
        package let query: String
        package let headers: [String: String]
        package let body: [UInt8]
    }

    /// What it answers.
    package struct Answer: Sendable {
        package let status: Int
        package let headers: [(String, String)]
        package let body: [UInt8]

        package init(_ status: Int = 200, headers: [(String, String)] = [], body: [UInt8] = []) {
            self.status = status
            self.headers = headers
            self.body = body
        }

        /// An answer of JSON.
        package static func json(_ text: String, status: Int = 200) -> Answer {
            Answer(status, headers: [("Content-Type", "application/json")], body: Array(text.utf8))
        }
    }

    /// Where it listens, such as `http://127.0.0.1:40123`.
    package let url: String
    private let questions: QuestionLog

    /// What it was asked so far.
    package var asked: [Question] { questions.all }

    /// Serves for the time of `body`.
    ///
    /// - Parameter port: 0 picks a free one.
    package static func with<Value: Sendable>(
        host: String = "127.0.0.1", port: Int = 0,
        answering answer: @escaping @Sendable (Question) async -> Answer = { _ in Answer() },
        _ body: @Sendable (StubServer) async throws -> Value
    ) async throws -> Value {
        let questions = QuestionLog()
        let logger = Logger(label: "stub") { _ in SwiftLogNoOpLogHandler() }
        return try await RunningServer.with(
            logger: logger,
            services: { tell in
                [
                    Application(
                        responder: Responder(questions: questions, answer: answer),
                        configuration: .init(address: .hostname(host, port: port)),
                        onServerRunning: { channel in tell(channel.localAddress?.port ?? 0) }, logger: logger)
                ]
            },
            { port, _ in try await body(StubServer(url: "http://\(host):\(port)", questions: questions)) })
    }

    private final class QuestionLog: Sendable {
        private let questions = Mutex<[Question]>([])

        var all: [Question] { questions.withLock { $0 } }

        func append(_ question: Question) { questions.withLock { $0.append(question) } }
    }

    private struct Responder: HTTPResponder {
        let questions: QuestionLog
        let answer: @Sendable (Question) async -> Answer

        func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
            let body = try await request.body.collect(upTo: 16 << 20)
            let question = Question(
                method: request.method.rawValue, path: request.uri.path, query: request.uri.query ?? "",
                headers: Dictionary(
                    request.headers.map { ($0.name.canonicalName, $0.value) }, uniquingKeysWith: { first, _ in first }),
                body: Array(body.readableBytesView))
            questions.append(question)
            let answer = await answer(question)
            var headers = HTTPFields()
            for (name, value) in answer.headers { if let name = HTTPField.Name(name) { headers[name] = value } }
            return Response(
                status: .init(code: answer.status), headers: headers,
                body: .init(byteBuffer: ByteBuffer(bytes: answer.body)))
        }
    }
}
