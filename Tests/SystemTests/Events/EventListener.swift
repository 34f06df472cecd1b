import AsyncHTTPClient
import NIOCore
import NIOHTTP1
@_spi(Kernel) import PluginKit
import TestKit
import Testing

/// One stream as a client reads it.
struct EventListener {
    /// One message, as WHATWG HTML §9.2.6 reads it.
    struct Message: Sendable {
        var id: String?
        var event: String?
        var data = ""
        var retry: String?

        var json: JSONValue { (try? JSONParser.parse(Array(data.utf8))) ?? .null }
        /// What the events of these tests are told apart by.
        var number: Int? { json["data"]?["n"]?.integer.map(Int.init) }
    }

    private static let client = {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 2000
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    let status: Int
    let headers: HTTPHeaders
    /// The id of the last message that had one.
    private(set) var lastID: String?
    private var body: HTTPClientResponse.Body.AsyncIterator
    private var text = ""

    /// Opens a stream.
    init(_ url: String, token: String, after id: String? = nil) async throws {
        var request = HTTPClientRequest(url: url + "/v1/events/stream")
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
        if let id { request.headers.add(name: "Last-Event-ID", value: id) }
        let response = try await Self.client.execute(request, timeout: .seconds(120))
        status = Int(response.status.code)
        headers = response.headers
        body = response.body.makeAsyncIterator()
        lastID = id
        // It begins with how to come back, and to where.
        if status == 200 {
            for _ in 0..<2 { _ = try await next() }
        }
    }

    /// The next message; nil at the end of the stream.
    mutating func next() async throws -> Message? {
        while true {
            if let end = text.firstRange(of: "\n\n") {
                let block = text[..<end.lowerBound]
                text = String(text[end.upperBound...])
                var message = Message()
                for line in block.split(separator: "\n") {
                    let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                    let value = parts.count == 2 ? String(parts[1].drop { $0 == " " }) : ""
                    switch parts[0] {
                    case "id": message.id = value
                    case "event": message.event = value
                    case "data": message.data = value
                    case "retry": message.retry = value
                    default: break
                    }
                }
                if let id = message.id { lastID = id }
                return message
            }
            // Nobody else has it: a listener is one task's.
            nonisolated(unsafe) var iterator = body
            guard let buffer = try await iterator.next() else { return nil }
            body = iterator
            text += String(buffer: buffer)
        }
    }

    /// The next message with an event, but for what the kernel tells of its own changes; nil at the end of the stream.
    mutating func nextEvent() async throws -> Message? {
        while let message = try await next() {
            if message.event != nil, message.json["module"] != "core" { return message }
        }
        return nil
    }

    /// The numbers of the next so many events; fewer when the stream ends before.
    mutating func numbers(_ count: Int) async throws -> [Int] {
        var numbers: [Int] = []
        while numbers.count < count, let message = try await nextEvent() {
            if let number = message.number { numbers.append(number) } else { break }
        }
        return numbers
    }
}
