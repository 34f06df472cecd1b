import Cryptography
import PluginKit
import Tenancy
import Testing

@testable import Events

@Suite("EventPositions")
struct EventPositionsTests {
    private static func positions(_ byte: UInt8 = 1) throws -> EventPositions {
        EventPositions(master: try MasterSecret(bytes: Array(repeating: byte, count: 32)))
    }

    @Test("A position is read by its tenant")
    func roundTrip() throws {
        let (positions, tenant) = (try Self.positions(), TenantID.make())
        let text = positions.encode(17, at: Timestamp(microseconds: 1_000_000), of: tenant)
        let read = try positions.decode(text, of: tenant, at: "?x")
        #expect(read == .init(seq: 17, second: 1))
    }

    @Test("Another tenant's, another installation's, a list's cursor and a changed one are refused")
    func refused() throws {
        let (positions, tenant) = (try Self.positions(), TenantID.make())
        let text = positions.encode(17, of: tenant)
        let master = try MasterSecret(bytes: Array(repeating: 1, count: 32))
        let cursor = CursorCodec(master: master).encode([17, 1], scope: "\(tenant) /events")
        let forged = [
            positions.encode(17, of: .make()), try Self.positions(2).encode(17, of: tenant), cursor, "", "17",
            String(text.dropLast()), text + "A", String(text.reversed()),
        ]
        for other in forged {
            #expect(throws: Problem.self, "\(other)") { try positions.decode(other, of: tenant, at: "?x") }
        }
    }
}
