/// What can go wrong when secrets are read and keys derived. The raw value is a stable code.
package enum CryptographyError: String, Error, Sendable, CustomStringConvertible {
    /// The text is neither 64 hexadecimal digits nor base64url.
    case malformedSecret = "secret_malformed"

    /// The secret holds fewer than 32 bytes.
    case secretTooShort = "secret_too_short"

    /// A key derivation was asked for no bytes or for more than it can give.
    case invalidByteCount = "derivation_length_invalid"

    /// The cryptographic library refused to work.
    case libraryFailed = "library_failed"

    /// The stable code; it names no secret.
    package var description: String { rawValue }
}
