/// Strict base64url (RFC 4648 section 5): no padding, and one text only for each sequence of bytes.
package enum Base64URL {
    /// `bytes` as text without padding.
    package static func encode(_ bytes: [UInt8]) -> String {
        Base64Codec.url.encode(bytes)
    }

    /// The bytes `text` stands for; `nil` for padding, space, a foreign character, an impossible length, or left-over
    /// bits that are not zero.
    package static func decode(_ text: String) -> [UInt8]? {
        var text = text
        return text.withUTF8(Base64Codec.url.decode)
    }

    /// As `decode(_:)` of a string, for ASCII text at hand as bytes.
    package static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        text.withUnsafeBufferPointer(Base64Codec.url.decode)
    }
}
