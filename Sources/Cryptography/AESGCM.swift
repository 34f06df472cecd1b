internal import COpenSSL

/// AES-256 in Galois/Counter Mode (NIST SP 800-38D): encrypts, and notices every change.
///
/// Each sealing draws a nonce of 96 random bits, so one key is good for 2³² sealings (SP 800-38D §8.3).
package struct AESGCM: Sendable, Redacted {
    /// The length of a key in bytes.
    package static let keyByteCount = 32
    /// The length of a nonce in bytes.
    package static let nonceByteCount = 12
    /// The length of an authentication tag in bytes.
    package static let tagByteCount = 16

    private let key: [UInt8]

    /// Takes a key of 32 bytes.
    ///
    /// - Throws: `CryptographyError.invalidByteCount` for any other length.
    package init(key: [UInt8]) throws(CryptographyError) {
        guard key.count == AESGCM.keyByteCount else { throw .invalidByteCount }
        self.key = key
    }

    /// Never shows the key.
    package var description: String { "AESGCM(key: redacted)" }

    /// Nonce, ciphertext and tag of `plaintext`. Only who has the key and the same `context` can open it.
    ///
    /// - Throws: `CryptographyError.libraryFailed` when OpenSSL has no memory left.
    package func seal(_ plaintext: [UInt8], context: [UInt8]) throws(CryptographyError) -> [UInt8] {
        let nonce = RandomBytes.generate(AESGCM.nonceByteCount)
        let (ciphertext, tag) = try encrypt(plaintext, nonce: nonce, context: context)
        return nonce + ciphertext + tag
    }

    /// The plaintext of what `seal` made.
    ///
    /// - Throws: `CryptographyError.unopenable` when a bit differs, or the key or the context is another.
    package func open(_ sealed: [UInt8], context: [UInt8]) throws(CryptographyError) -> [UInt8] {
        guard sealed.count >= AESGCM.nonceByteCount + AESGCM.tagByteCount else { throw .unopenable }
        let nonce = Array(sealed.prefix(AESGCM.nonceByteCount))
        let ciphertext = Array(sealed.dropFirst(AESGCM.nonceByteCount).dropLast(AESGCM.tagByteCount))
        var tag = Array(sealed.suffix(AESGCM.tagByteCount))
        let (output, isWhole) = try run(isEncrypting: false, ciphertext, nonce: nonce, context: context, tag: &tag)
        guard isWhole else { throw .unopenable }
        return output
    }

    /// Ciphertext and tag under a given nonce, which must never be used twice with one key: for `seal` and for the
    /// published vectors.
    func encrypt(
        _ plaintext: [UInt8], nonce: [UInt8], context: [UInt8]
    ) throws(CryptographyError) -> (ciphertext: [UInt8], tag: [UInt8]) {
        var tag = [UInt8](repeating: 0, count: AESGCM.tagByteCount)
        let (output, isDone) = try run(isEncrypting: true, plaintext, nonce: nonce, context: context, tag: &tag)
        guard isDone else { throw .libraryFailed }
        return (output, tag)
    }

    /// One pass of the cipher. Decrypting checks `tag`, encrypting writes it.
    ///
    /// - Returns: the output, and whether the last step succeeded; the output is worthless when it did not.
    private func run(
        isEncrypting: Bool, _ input: [UInt8], nonce: [UInt8], context: [UInt8], tag: inout [UInt8]
    ) throws(CryptographyError) -> (output: [UInt8], isDone: Bool) {
        guard nonce.count == AESGCM.nonceByteCount, let length = Int32(exactly: input.count),
            let contextLength = Int32(exactly: context.count)
        else { throw .invalidByteCount }
        guard let cipher = EVP_CIPHER_CTX_new() else { throw .libraryFailed }
        defer { EVP_CIPHER_CTX_free(cipher) }
        let (set, get) = (EVP_CTRL_AEAD_SET_TAG, EVP_CTRL_AEAD_GET_TAG)
        let tagLength = Int32(AESGCM.tagByteCount)
        // One byte more than needed, because an empty array has no address to write to.
        var output = [UInt8](repeating: 0, count: input.count + 1)
        var written: Int32 = 0
        var isReady =
            EVP_CipherInit_ex(cipher, EVP_aes_256_gcm(), nil, key, nonce, isEncrypting ? 1 : 0) == 1
            && (contextLength == 0 || EVP_CipherUpdate(cipher, nil, &written, context, contextLength) == 1)
        written = 0
        isReady = isReady && (length == 0 || EVP_CipherUpdate(cipher, &output, &written, input, length) == 1)
        if isReady, !isEncrypting { isReady = EVP_CIPHER_CTX_ctrl(cipher, set, tagLength, &tag) == 1 }
        guard isReady, written == length else {
            ERR_clear_error()
            throw .libraryFailed
        }
        var scratch = [UInt8](repeating: 0, count: AESGCM.tagByteCount)
        var isDone = EVP_CipherFinal_ex(cipher, &scratch, &written) == 1
        if isDone, isEncrypting { isDone = EVP_CIPHER_CTX_ctrl(cipher, get, tagLength, &tag) == 1 }
        if !isDone { ERR_clear_error() }
        return (isDone ? Array(output.prefix(input.count)) : [], isDone)
    }
}
