/// HMAC with SHA-256 (RFC 2104, FIPS 198-1), keyed once and used often.
///
/// Both halves of the key are absorbed at creation, so a call hashes only the message. Any thread may use one value at
/// the same time.
package struct HMACSHA256: Sendable, Redacted {
    /// The length of a code in bytes.
    package static let byteCount = 32

    /// The block length of SHA-256 and of both pads, in bytes.
    package static let blockByteCount = 64

    /// The 64 bytes of the key XOR 0x36, for those who compute the same code from plain SHA-256. Secret.
    package let innerPad: [UInt8]

    /// The 64 bytes of the key XOR 0x5c, for those who compute the same code from plain SHA-256. Secret.
    package let outerPad: [UInt8]

    private let inner: SHA256State
    private let outer: SHA256State

    /// Takes a key of any length; one above 64 bytes is replaced by its digest, as RFC 2104 says.
    package init(key: [UInt8]) {
        var block = key.count > Self.blockByteCount ? SHA256.digest(key) : key
        block.append(contentsOf: repeatElement(0, count: Self.blockByteCount - block.count))
        innerPad = block.map { $0 ^ 0x36 }
        outerPad = block.map { $0 ^ 0x5c }
        inner = SHA256State(prefix: innerPad)
        outer = SHA256State(prefix: outerPad)
    }

    /// Never shows the key.
    package var description: String { "HMACSHA256(key: redacted)" }

    /// The 32 byte code of `message` under `key`. For more than one message keep an `HMACSHA256(key:)`.
    package static func authenticate(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        HMACSHA256(key: key).authenticate(message)
    }

    /// The 32 byte code of `message`.
    package func authenticate(_ message: [UInt8]) -> [UInt8] {
        message.withUnsafeBytes { inner.digest(of: $0, wrappedBy: outer) }
    }

    /// The 32 byte code of the UTF-8 bytes of `message`.
    package func authenticate(_ message: String) -> [UInt8] {
        var message = message
        return message.withUTF8 { inner.digest(of: UnsafeRawBufferPointer($0), wrappedBy: outer) }
    }

    /// Whether `code` is the code of `message`, in time that depends on neither content.
    package func isValid(_ code: [UInt8], for message: [UInt8]) -> Bool {
        ConstantTime.equal(code, authenticate(message))
    }
}
