/// A way to compute ``Scrypt/derive(from:salt:cost:count:)``: here, or elsewhere with the same result.
///
/// Occupies the calling thread. Throws `PasswordError.unavailable`.
package typealias KeyDerivation =
    @Sendable (
        _ password: [UInt8], _ salt: [UInt8], _ cost: ScryptCost, _ count: Int
    ) throws(PasswordError) -> [UInt8]
