/// What can go wrong when secrets are read and keys derived. The raw value is a stable code.
package enum CryptographyError: String, Error, Sendable, CustomStringConvertible {
    /// The text is neither 64 hexadecimal digits nor base64url.
    case malformedSecret = "secret_malformed"

    /// The secret holds fewer than 32 bytes.
    case secretTooShort = "secret_too_short"

    /// A key derivation was asked for no bytes or for more than it can give, or a key or nonce has another length.
    case invalidByteCount = "derivation_length_invalid"

    /// The cryptographic library refused to work.
    case libraryFailed = "library_failed"

    /// What was sealed was changed since, or belongs to another key or context.
    case unopenable = "sealed_unopenable"

    /// A public key's numbers are missing, too small, too large, or no point of the curve.
    case publicKeyInvalid = "public_key_invalid"

    /// The stable code; it names no secret.
    package var description: String { rawValue }
}
