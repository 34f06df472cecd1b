package import Cryptography
internal import PluginKit
internal import Tenancy

/// Where a client stands in a tenant's events, as the `id` of messages: nobody can make one, change one, or use another
/// tenant's.
package struct EventPositions: Sendable {
    /// Everything up to here was sent.
    struct Position: Hashable, Sendable {
        let seq: Int64
        /// When it was handed out, in seconds since 1970.
        let second: Int64
    }

    private let codec: CursorCodec

    /// - Parameter master: what the key of the MAC is made of.
    package init(master: MasterSecret) {
        codec = CursorCodec(master: master)
    }

    func encode(_ seq: Int64, at instant: Timestamp = .now(), of tenant: TenantID) -> String {
        codec.encode([.integer(seq), .integer(instant.seconds)], scope: EventPositions.scope(tenant))
    }

    /// - Throws: `Problem` 422 when this tenant was never given it.
    func decode(_ text: String, of tenant: TenantID, at pointer: String) throws -> Position {
        let values = try codec.decode(text, scope: EventPositions.scope(tenant), at: pointer)
        guard values.count == 2, let seq = values[0].integer, let second = values[1].integer else {
            throw Problem.validation([.init(pointer: pointer, code: "cursor", detail: "must be the id of an event")])
        }
        return Position(seq: seq, second: second)
    }

    /// No list has such a scope: theirs end in a path.
    private static func scope(_ tenant: TenantID) -> String { "\(tenant) event stream" }
}
