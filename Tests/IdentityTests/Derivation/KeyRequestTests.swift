import Cryptography
import Testing

@testable import Identity

@Suite("Key request")
struct KeyRequestTests {
    private static func split(_ bytes: [UInt8]) -> (header: [UInt8], body: [UInt8]) {
        (Array(bytes.prefix(KeyRequest.headerByteCount)), Array(bytes.dropFirst(KeyRequest.headerByteCount)))
    }

    @Test("what is sent is what is read", arguments: [(1, 8), (1024, 64), (300, 16)])
    func roundTrip(password: Int, salt: Int) throws {
        let request = KeyRequest(
            password: RandomBytes.generate(password), salt: RandomBytes.generate(salt), cost: .standard, count: 32)
        let (header, body) = Self.split(request.bytes)
        #expect(KeyRequest.bodyByteCount(header: header) == body.count)
        #expect(KeyRequest(header: header, body: body) == request)
    }

    @Test("what is no request is refused")
    func refused() throws {
        let request = KeyRequest(password: [1, 2], salt: [3], cost: .standard, count: 32)
        let (header, body) = Self.split(request.bytes)
        #expect(KeyRequest(header: header, body: body.dropLast()) == nil)
        #expect(KeyRequest(header: header.dropLast(), body: body) == nil)
        // Costs beyond the bounds, and lengths that nobody would wait for.
        for number in 0..<6 {
            var wrong = header
            wrong[4 * number] = 255
            #expect(KeyRequest(header: wrong, body: body) == nil)
        }
        #expect(KeyRequest.bodyByteCount(header: Array("POST /v1/auth/login HTTP".utf8)) == nil)
    }
}
