/// SHA-256 (FIPS 180-4).
package enum SHA256 {
    /// The length of a digest in bytes.
    package static let byteCount = 32

    /// The 32 byte digest of `bytes`.
    package static func digest(_ bytes: [UInt8]) -> [UInt8] {
        bytes.withUnsafeBytes(SHA256State.digest)
    }

    /// The 32 byte digest of the UTF-8 bytes of `text`.
    package static func digest(_ text: String) -> [UInt8] {
        var text = text
        return text.withUTF8 { SHA256State.digest(UnsafeRawBufferPointer($0)) }
    }

    /// The 32 byte digest of the bytes in `buffer`, which is only read during the call.
    package static func digest(_ buffer: UnsafeRawBufferPointer) -> [UInt8] {
        SHA256State.digest(buffer)
    }
}
