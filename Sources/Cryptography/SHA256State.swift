import COpenSSL

/// A SHA-256 computation that has absorbed a prefix and may be continued any number of times.
///
/// After `init` the context is read, never written: each continuation copies it into a context of its own. That is why
/// any thread may use one state at the same time, and why the class may call itself `Sendable`.
final class SHA256State: @unchecked Sendable {
    private let context: OpaquePointer

    /// Starts SHA-256 (FIPS 180-4) and absorbs `prefix`, which may be empty.
    init(prefix: [UInt8]) {
        context = Self.makeContext()
        let isReady = prefix.withUnsafeBytes { bytes in
            EVP_DigestInit_ex(context, Algorithm.sha256.handle, nil) == 1
                && EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1
        }
        Self.require(isReady)
    }

    deinit {
        EVP_MD_CTX_free(context)
    }

    /// The 32 byte digest of `bytes` alone.
    static func digest(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: SHA256.byteCount) { output, count in
            let result = EVP_Digest(
                bytes.baseAddress, bytes.count, output.baseAddress, nil, Algorithm.sha256.handle, nil
            )
            require(result == 1)
            count = SHA256.byteCount
        }
    }

    /// The HMAC construction: the digest of `outer`'s prefix followed by the digest of this prefix and `message`.
    func digest(of message: UnsafeRawBufferPointer, wrappedBy outer: SHA256State) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: SHA256.byteCount) { output, count in
            let scratch = Self.makeContext()
            defer { EVP_MD_CTX_free(scratch) }
            let isDone =
                EVP_MD_CTX_copy_ex(scratch, context) == 1
                && EVP_DigestUpdate(scratch, message.baseAddress, message.count) == 1
                && EVP_DigestFinal_ex(scratch, output.baseAddress, nil) == 1
                && EVP_MD_CTX_copy_ex(scratch, outer.context) == 1
                && EVP_DigestUpdate(scratch, output.baseAddress, SHA256.byteCount) == 1
                && EVP_DigestFinal_ex(scratch, output.baseAddress, nil) == 1
            Self.require(isDone)
            count = SHA256.byteCount
        }
    }

    private static func makeContext() -> OpaquePointer {
        guard let context = EVP_MD_CTX_new() else { preconditionFailure("OpenSSL has no memory for a digest.") }
        return context
    }

    /// A digest fails only when memory is exhausted or OpenSSL's default provider is switched off. Neither is data, and
    /// going on with a wrong digest would open what it guards, so the process stops, as Swift does for its own memory.
    private static func require(_ isDone: Bool) {
        precondition(isDone, "OpenSSL cannot compute SHA-256.")
    }

    /// The algorithm, fetched once: an implicit fetch at each call costs more than hashing a short message.
    private final class Algorithm: @unchecked Sendable {
        static let sha256 = Algorithm()
        let handle: OpaquePointer?

        private init() {
            handle = EVP_MD_fetch(nil, "SHA256", nil) ?? EVP_sha256()
        }
    }
}
