import Cryptography
import Files
import Foundation
import PluginKit
import Testing

extension FileStore {
    /// Spools and publishes bytes.
    func put(_ bytes: [UInt8], for tenant: TenantID) async throws -> ContentAddress {
        let spooled = try await spool.receive(atMost: bytes.count) { _, consume in
            for start in stride(from: 0, to: bytes.count, by: 10_000) {
                try await consume(Array(bytes[start..<min(start + 10_000, bytes.count)]))
            }
        }
        #expect(spooled.size == bytes.count && spooled.digest == SHA256.digest(bytes))
        let address = ContentAddress(tenant: tenant, digest: spooled.digest, object: UUID())
        try await publish(spooled, as: address)
        return address
    }

    /// The bytes of a range.
    func get(_ address: ContentAddress, _ range: Range<Int>) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        try await read(address, range) { bytes += $0 }
        return bytes
    }

    /// The addresses of what is there.
    func addresses(of tenant: TenantID?, before instant: Timestamp? = nil) async throws -> Set<ContentAddress> {
        var found: Set<ContentAddress> = []
        try await forEach(of: tenant, before: instant) { found.formUnion($0) }
        return found
    }

    /// What every store must do.
    func expectConformance() async throws {
        let (one, other) = (TenantID.make(), TenantID.make())
        let bytes = (0..<700_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        let first = try await put(bytes, for: one)
        let copy = try await put(bytes, for: one)
        let foreign = try await put(bytes, for: other)
        let empty = try await put([], for: one)
        #expect(first != copy && first.digest == copy.digest)
        for range in [0..<bytes.count, 0..<1, 699_999..<700_000, 65_535..<65_537, 1..<300_001] {
            #expect(try await get(first, range) == Array(bytes[range]))
        }
        #expect(try await get(empty, 0..<0) == [])
        #expect(try await addresses(of: one) == [first, copy, empty])
        #expect(try await addresses(of: nil) == [first, copy, empty, foreign])
        #expect(try await addresses(of: nil, before: Timestamp(microseconds: 0)) == [])
        #expect(try await addresses(of: nil, before: .distantFuture).count == 4)
        #expect(try await addresses(of: TenantID.make()) == [])

        for (address, size) in [(first, bytes.count), (foreign, bytes.count), (empty, 0)] {
            #expect(try await holds(address, size: size))
            #expect(try await !holds(address, size: size + 1))
        }

        try await remove(first)
        try await remove(first)
        #expect(try await !holds(first, size: bytes.count))
        #expect(try await !holds(ContentAddress(tenant: .make(), digest: first.digest, object: UUID()), size: 0))
        await #expect(throws: FileStoreError.missing) { try await get(first, 0..<10) }
        #expect(try await get(copy, 5..<9) == Array(bytes[5..<9]))
        // Nobody reads another tenant's content by its digest and object.
        let guessed = ContentAddress(tenant: one, digest: foreign.digest, object: foreign.object)
        await #expect(throws: FileStoreError.missing) { try await get(guessed, 0..<10) }
        #expect(try await !holds(guessed, size: bytes.count))
        try await remove(guessed)
        #expect(try await get(foreign, 0..<3) == Array(bytes[0..<3]))
        await forget(one)
        #expect(try await addresses(of: one) == [copy, empty])
    }
}
