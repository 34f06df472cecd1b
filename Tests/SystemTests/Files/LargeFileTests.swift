import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import PluginKit
import TestKit
import Testing

/// A file that is larger than what may be held of it, through a process of its own, whose memory is its own too.
@Suite("Large files")
struct LargeFileTests {
    private static let password = "correct horse battery"
    private static let pieceSize = 64 << 10

    @Test("A file comes and goes in pieces: the server's memory never grows by a quarter of it")
    func memory() async throws {
        let directory = "/tmp/romashka-large-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let running = try Running(
            ["up", "--port", "0", "--data-dir", directory, "--json", "--max-file-size", "\(400 << 20)"])
        defer { running.end(SIGINT) }
        let line = try await running.firstLine()
        let url = try #require(line["url"]?.string)
        let token = try await token(TestClient(url), try #require(line["operator_token"]?.string))
        // What is allocated once is not counted.
        _ = try await upload(1 << 20, to: url, token)
        let before = try #require(peak(of: running))
        let size = 200 << 20
        let id = try #require(try await upload(size, to: url, token)["id"]?.string)
        #expect(try await download(id, from: url, token) == size)
        let grown = try #require(peak(of: running)) - before
        #expect(grown < size / 4, "\(grown >> 20) MiB")
        #expect(FileManager.default.fileExists(atPath: "\(directory)/files/incoming"))
    }

    /// The most memory that the process ever had, in bytes (proc(5), VmHWM).
    private func peak(of running: Running) -> Int? {
        let status = try? String(contentsOfFile: "/proc/\(running.process.processIdentifier)/status", encoding: .utf8)
        let kilobytes = status?.firstMatch(of: /VmHWM:\s+(\d+) kB/)?.1
        return kilobytes.flatMap { Int($0) }.map { $0 << 10 }
    }

    private func token(_ client: TestClient, _ operatorToken: String) async throws -> String {
        let admin: JSONValue = ["email": "a@acme.example", "name": "A", "password": .string(Self.password)]
        _ = try await client.send(
            "POST", "/v1/operator/tenants", token: operatorToken,
            body: ["slug": "acme", "name": "Acme", "admin": admin])
        let login = try await client.send(
            "POST", "/v1/auth/login",
            body: ["email": "a@acme.example", "password": .string(Self.password), "tenant": "acme"])
        return try #require(login.json["access_token"]?.string)
    }

    private func upload(_ size: Int, to url: String, _ token: String) async throws -> JSONValue {
        var request = HTTPClientRequest(url: "\(url)/v1/files?name=large.bin")
        request.method = .POST
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
        let piece = ByteBuffer(repeating: 0xA5, count: Self.pieceSize)
        request.body = .stream(Pieces(piece: piece, count: size / Self.pieceSize), length: .unknown)
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(120))
        let body = try await response.body.collect(upTo: 1 << 20)
        return try JSONParser.parse(Array(body.readableBytesView))
    }

    private func download(_ id: String, from url: String, _ token: String) async throws -> Int {
        var request = HTTPClientRequest(url: "\(url)/v1/files/\(id)/content")
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(120))
        var count = 0
        for try await buffer in response.body { count += buffer.readableBytes }
        return count
    }
}

/// The same piece of bytes, again and again.
private struct Pieces: AsyncSequence, Sendable {
    let piece: ByteBuffer
    let count: Int

    struct AsyncIterator: AsyncIteratorProtocol {
        let piece: ByteBuffer
        var left: Int

        mutating func next() async -> ByteBuffer? {
            left -= 1
            return left >= 0 ? piece : nil
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(piece: piece, left: count) }
}
