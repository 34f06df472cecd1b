internal import COpenSSL

/// Somebody else's public key, with the one algorithm it is good for.
///
/// A key knows its algorithm, so that no token can choose another: an RSA key never verifies an HMAC.
package final class PublicKey: @unchecked Sendable {
    // Safe to share: the key is built once and only read afterwards, which OpenSSL 3 allows from any thread.

    /// The algorithms of RFC 7518 §3.1 that are verified here.
    package enum Algorithm: String, Sendable {
        /// RSASSA-PKCS1-v1_5 with SHA-256, by a key of 2048 to 8192 bits.
        case rs256 = "RS256"
        /// ECDSA on P-256 with SHA-256.
        case es256 = "ES256"
    }

    /// What the key verifies.
    package let algorithm: Algorithm
    private let key: OpaquePointer

    /// An RSA key from its big-endian numbers (RFC 7518 §6.3.1).
    ///
    /// - Throws: `CryptographyError.publicKeyInvalid` for fewer than 2048 bits, for more than 8192, which would cost
    ///   too much to verify, and for an exponent that is even, below 3 or above 32 bits.
    package init(rsaModulus modulus: [UInt8], exponent: [UInt8]) throws(CryptographyError) {
        let (modulus, exponent) = (Array(modulus.drop { $0 == 0 }), Array(exponent.drop { $0 == 0 }))
        let bits = modulus.count * 8 - (modulus.first?.leadingZeroBitCount ?? 0)
        guard (2048...8192).contains(bits), (1...4).contains(exponent.count), exponent != [1],
            let last = exponent.last, last % 2 == 1
        else { throw .publicKeyInvalid }
        let numbers = (
            BN_bin2bn(modulus, Int32(modulus.count), nil), BN_bin2bn(exponent, Int32(exponent.count), nil)
        )
        defer {
            BN_free(numbers.0)
            BN_free(numbers.1)
        }
        algorithm = .rs256
        key = try PublicKey.make("RSA") { parameters in
            OSSL_PARAM_BLD_push_BN(parameters, romashka_rsa_modulus, numbers.0) == 1
                && OSSL_PARAM_BLD_push_BN(parameters, romashka_rsa_exponent, numbers.1) == 1
        }
    }

    /// A key on P-256 from the 32 byte coordinates of its point (RFC 7518 §6.2.1).
    ///
    /// - Throws: `CryptographyError.publicKeyInvalid` when they are no point of the curve.
    package init(p256X x: [UInt8], y: [UInt8]) throws(CryptographyError) {
        guard x.count == 32, y.count == 32 else { throw .publicKeyInvalid }
        // SEC 1 §2.3.3: 4 announces both coordinates.
        let point = [4] + x + y
        algorithm = .es256
        // The builder keeps pointers to both until the key is made.
        let made = "P-256".withCString { group in
            point.withUnsafeBytes { point in
                Result { () throws(CryptographyError) in
                    try PublicKey.make("EC") { parameters in
                        OSSL_PARAM_BLD_push_utf8_string(parameters, romashka_group_name, group, 0) == 1
                            && OSSL_PARAM_BLD_push_octet_string(
                                parameters, romashka_public_point, point.baseAddress, point.count) == 1
                    }
                }
            }
        }
        key = try made.get()
    }

    deinit {
        EVP_PKEY_free(key)
    }

    /// Whether `signature` is this key's of `message`, in the form of RFC 7518: the bytes of PKCS #1, or for ECDSA the
    /// two numbers of 32 bytes each.
    package func isValid(_ signature: [UInt8], for message: [UInt8]) -> Bool {
        let signature = algorithm == .es256 ? ECDSASignature.der(signature) : signature
        guard let signature, let context = EVP_MD_CTX_new() else { return false }
        defer {
            EVP_MD_CTX_free(context)
            // A wrong signature leaves its reasons in the thread's queue.
            ERR_clear_error()
        }
        return EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, key) == 1
            && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }

    /// Builds a key of OpenSSL from parameters, and has it checked.
    private static func make(
        _ type: String, _ push: (_ parameters: OpaquePointer) -> Bool
    ) throws(CryptographyError) -> OpaquePointer {
        guard let builder = OSSL_PARAM_BLD_new() else { throw .libraryFailed }
        defer { OSSL_PARAM_BLD_free(builder) }
        guard push(builder), let parameters = OSSL_PARAM_BLD_to_param(builder) else { throw .libraryFailed }
        defer { OSSL_PARAM_free(parameters) }
        guard let context = EVP_PKEY_CTX_new_from_name(nil, type, nil) else { throw .libraryFailed }
        defer {
            EVP_PKEY_CTX_free(context)
            ERR_clear_error()
        }
        var key: OpaquePointer?
        guard EVP_PKEY_fromdata_init(context) == 1,
            EVP_PKEY_fromdata(context, &key, romashka_public_key_selection, parameters) == 1, let key
        else { throw .publicKeyInvalid }
        return key
    }
}

/// A signature on P-256 as JOSE and as OpenSSL spell it.
private enum ECDSASignature {
    /// The DER form (RFC 3279 §2.2.3) of two big-endian numbers of 32 bytes each; nil for any other length.
    static func der(_ signature: [UInt8]) -> [UInt8]? {
        guard signature.count == 64 else { return nil }
        let numbers = integer(signature[..<32]) + integer(signature[32...])
        return [0x30, UInt8(numbers.count)] + numbers
    }

    /// An INTEGER: no needless zeros in front, and one where the number would read as negative.
    private static func integer(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var digits = Array(bytes.drop { $0 == 0 })
        if digits.first.map({ $0 >= 0x80 }) ?? true { digits.insert(0, at: 0) }
        return [0x02, UInt8(digits.count)] + digits
    }
}
