/// What can go wrong with a password. The raw value is a stable code.
package enum PasswordError: String, Error, Sendable, CustomStringConvertible {
    /// The password is empty or longer than 1,024 bytes of UTF-8 in NFC.
    case invalidLength = "password_length_invalid"

    /// The stored string is not a scrypt PHC string within the bounds.
    case malformedHash = "password_hash_malformed"

    /// Too many passwords wait to be hashed; try again later.
    case overloaded = "password_hasher_overloaded"

    /// OpenSSL refused to compute, for want of memory.
    case unavailable = "password_hasher_unavailable"

    /// The stable code; it names no secret.
    package var description: String { rawValue }
}
