import Cryptography
import Files
import PluginKit
import Testing

@Suite("File links")
struct FileLinksTests {
    private let links: FileLinks
    private let target: FileLinks.Target
    private let before = Timestamp(microseconds: 1_999_999_999_000_000)

    init() throws {
        links = FileLinks(master: try MasterSecret(bytes: Array(repeating: 7, count: 32)))
        target = .init(tenant: .make(), file: .make(), expiry: 2_000_000_000)
    }

    @Test("A link stands for what it was made for, up to its expiry and not longer")
    func expiry() {
        let token = links.token(for: target)
        #expect(token.count == 96)
        #expect(links.target(of: token, now: before) == target)
        #expect(links.target(of: token, now: Timestamp(microseconds: 2_000_000_000_000_000)) == nil)
        #expect(links.target(of: token, now: .distantFuture) == nil)
    }

    @Test("A link in which one bit was changed is none")
    func everyBit() throws {
        let bytes = try #require(Base64URL.decode(links.token(for: target)))
        for bit in 0..<bytes.count * 8 {
            var changed = bytes
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(links.target(of: Base64URL.encode(changed), now: before) == nil, "bit \(bit)")
        }
    }

    @Test("Another tenant's, file's or expiry's MAC fits no other link, and no other installation's does")
    func otherHands() throws {
        let code = try #require(Base64URL.decode(links.token(for: target))?.suffix(32))
        let others = [
            FileLinks.Target(tenant: .make(), file: target.file, expiry: target.expiry),
            .init(tenant: target.tenant, file: .make(), expiry: target.expiry),
            .init(tenant: target.tenant, file: target.file, expiry: target.expiry + 1),
            .init(tenant: TenantID(target.file.uuid), file: FileID(target.tenant.uuid), expiry: target.expiry),
        ]
        for other in others {
            let bytes = try #require(Base64URL.decode(links.token(for: other)))
            #expect(links.target(of: Base64URL.encode(Array(bytes.prefix(40) + code)), now: before) == nil)
        }
        let elsewhere = FileLinks(master: .generate())
        #expect(elsewhere.target(of: links.token(for: target), now: before) == nil)
    }

    @Test(
        "What is no link at all is none",
        arguments: [
            "", "x", "..", String(repeating: "A", count: 95), String(repeating: "A", count: 96),
            String(repeating: "A", count: 97), String(repeating: "=", count: 96), String(repeating: "é", count: 48),
        ])
    func garbage(token: String) {
        #expect(links.target(of: token, now: before) == nil)
    }
}
