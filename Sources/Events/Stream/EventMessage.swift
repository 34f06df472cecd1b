/// The bytes of a stream (WHATWG HTML §9.2.5).
enum EventMessage {
    /// A comment, which keeps the connection alive.
    static let heartbeat = Array(":\n\n".utf8)

    /// An event. The data has no line breaks, as no compact JSON has.
    static func event(_ type: String, id: String?, data: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(data.count + 128)
        if let id { bytes += "id: \(id)\n".utf8 }
        bytes += "event: \(type)\ndata: ".utf8
        bytes += data
        bytes += "\n\n".utf8
        return bytes
    }

    /// A position without an event: the client keeps it and shows nothing.
    static func position(_ id: String) -> [UInt8] { Array("id: \(id)\n\n".utf8) }

    /// How long a client waits before it comes back.
    static func retry(milliseconds: Int) -> [UInt8] { Array("retry: \(milliseconds)\n\n".utf8) }

    /// What the client knows is no longer enough: read everything again, and go on from here.
    static func resync(_ reason: ResyncReason, id: String) -> [UInt8] {
        event("resync", id: id, data: Array(#"{"reason":"\#(reason.rawValue)"}"#.utf8))
    }

    /// Come back with another token.
    static func reauth(_ reason: ReauthReason) -> [UInt8] {
        event("reauth", id: nil, data: Array(#"{"reason":"\#(reason.rawValue)"}"#.utf8))
    }
}

/// Why a client must read everything again.
package enum ResyncReason: String, Sendable {
    /// Its position is not known, or no longer kept.
    case unknown
    /// It reads more slowly than events come.
    case slow
}

/// Why a stream needs another token.
package enum ReauthReason: String, Sendable {
    /// The token's time is over.
    case expired
    /// The login, the person, the role, the teams, the key or the tenant are not what they were.
    case changed
}
