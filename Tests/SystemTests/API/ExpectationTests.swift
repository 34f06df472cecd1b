import Foundation
import Platform
import PluginKit
import TestKit
import Testing

/// `Expect: 100-continue`: whoever asks first whether a body is wanted sends none that is refused.
@Suite("Expectations")
struct ExpectationTests {
    /// The header of an upload that asks first.
    private static func head(
        _ path: String, token: String?, length: Int, type: String = "image/png", expecting: String = "100-continue"
    ) -> [UInt8] {
        let lines =
            [
                "POST \(path) HTTP/1.1", "Host: 127.0.0.1", "Content-Type: \(type)", "Content-Length: \(length)",
                "Expect: \(expecting)",
            ] + (token.map { ["Authorization: Bearer \($0)"] } ?? [])
        return Array((lines + ["", ""]).joined(separator: "\r\n").utf8)
    }

    @Test("A body that is refused is refused before it is sent, and the connection ends, for nobody knows what follows")
    func refusals() async throws {
        try await FileSite.with { site in
            let path = "/v1/files?name=a.png"
            for (token, path, length, type, status) in [
                (nil, path, 3, "image/png", 401), (site.tenant.token, path, 1 << 40, "image/png", 413),
                (site.tenant.token, "/v1/files?name=", 3, "image/png", 422),
                (site.tenant.token, "/v1/knowledge/items", 3, "text/plain", 415),
                (site.tenant.token, "/v1/knowledge/items", 1 << 30, "application/json", 413),
                (site.tenant.token, "/v1/nothing", 3, "image/png", 404),
            ] {
                let connection = try RawConnection(site.test.url)
                try await connection.send(Self.head(path, token: token, length: length, type: type))
                let (text, isAtEnd) = try await connection.readToEnd()
                #expect(text.hasPrefix("HTTP/1.1 \(status)") && isAtEnd, "\(path): \(text)")
                #expect(text.lowercased().contains("\r\nconnection: close\r\n") && !text.contains(" 100 "), "\(text)")
            }
            #expect(try await site.send("GET", "").json["data"]?.array?.isEmpty == true)
        }
    }

    @Test("A body that is wanted is asked for once, and the connection goes on")
    func wanted() async throws {
        try await FileSite.with { site in
            let connection = try RawConnection(site.test.url)
            for spelling in ["100-continue", "100-Continue"] {
                try await connection.send(
                    Self.head("/v1/files?name=a.png", token: site.tenant.token, length: 3, expecting: spelling))
                #expect(try await connection.status() == 100)
                try await connection.send([1, 2, 3])
                #expect(try await connection.status() == 201)
            }
            let body = Array(#"{"title": "Returns", "body": ""}"#.utf8)
            let path = "/v1/knowledge/items"
            try await connection.send(
                Self.head(path, token: site.tenant.token, length: body.count, type: "application/json"))
            #expect(try await connection.status() == 100)
            try await connection.send(body)
            #expect(try await connection.status() == 201)
            #expect(!connection.isClosed)
        }
    }
}
