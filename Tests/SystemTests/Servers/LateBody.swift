import Testing

/// A request whose body stops in the middle, and goes on when something has happened.
struct LateBody {
    let text: String
    let path: String
    let url: String
    var token: String?
    var contentType = "application/json"

    private var head: String {
        var lines = [
            "POST \(path) HTTP/1.1", "Host: a", "Content-Type: \(contentType)", "Content-Length: \(text.utf8.count)",
            "Connection: close",
        ]
        if let token { lines.append("Authorization: Bearer \(token)") }
        return (lines + ["", ""]).joined(separator: "\r\n")
    }

    /// Sends half a body, runs `meanwhile`, and sends the rest.
    ///
    /// - Returns: all that the server answers.
    func send(_ meanwhile: () async throws -> Void) async throws -> String {
        let bytes = Array(text.utf8)
        let connection = try RawConnection(url)
        let look = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
        // Behind a request whose answer came, so that the server surely has seen it.
        try await connection.send(Array((look + head).utf8) + bytes.prefix(10))
        #expect(try await connection.status() == 200)
        // Long enough for its caller to be known, and to count as late.
        try await Task.sleep(for: .milliseconds(300))
        try await meanwhile()
        try await connection.send(Array(bytes.dropFirst(10)))
        return try await connection.readToEnd().text
    }
}
