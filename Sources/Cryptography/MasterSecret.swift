/// The installation's one secret, from which every key is derived. It is never shown except by `reveal()`.
package struct MasterSecret: Sendable, Redacted {
    /// The fewest bytes a secret may hold.
    package static let minimumByteCount = 32

    private static let maximumTextLength = 1024
    private let bytes: [UInt8]

    /// Takes 32 bytes or more.
    ///
    /// - Throws: `CryptographyError.secretTooShort`.
    package init(bytes: [UInt8]) throws(CryptographyError) {
        guard bytes.count >= Self.minimumByteCount else { throw .secretTooShort }
        self.bytes = bytes
    }

    /// Reads 64 hexadecimal digits, or base64url without padding of 32 bytes or more. Surrounding space is an error.
    ///
    /// - Throws: `CryptographyError.malformedSecret` or `.secretTooShort`.
    package init(parsing text: String) throws(CryptographyError) {
        guard text.utf8.count <= Self.maximumTextLength else { throw .malformedSecret }
        if text.utf8.count == 64, let bytes = Hex.decode(text) {
            try self.init(bytes: bytes)
        } else if let bytes = Base64URL.decode(text) {
            try self.init(bytes: bytes)
        } else {
            throw .malformedSecret
        }
    }

    private init(random count: Int) {
        bytes = RandomBytes.generate(count)
    }

    /// A new random secret of 32 bytes.
    package static func generate() -> MasterSecret {
        MasterSecret(random: minimumByteCount)
    }

    /// The 32 byte key for one purpose, by HKDF (RFC 5869) without salt. Different `info` gives independent keys.
    package func derive(_ info: String) -> [UInt8] {
        HKDF.deriveKey(from: bytes, info: Array(info.utf8))
    }

    /// The secret as `init(parsing:)` reads it, to be stored once where only the installation can read it.
    package func reveal() -> String {
        bytes.count == Self.minimumByteCount ? Hex.encode(bytes) : Base64URL.encode(bytes)
    }

    /// Never shows the secret.
    package var description: String { "MasterSecret(redacted)" }
}
