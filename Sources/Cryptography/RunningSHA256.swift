import COpenSSL
import Synchronization

/// SHA-256 (FIPS 180-4) of bytes that come piece by piece.
package final class RunningSHA256: Sendable {
    /// OpenSSL's context, which is written to by one thread at a time.
    private struct Context: @unchecked Sendable {
        let handle: OpaquePointer
    }

    private let context: Mutex<Context>

    /// Begins with no bytes.
    package init() {
        guard let handle = EVP_MD_CTX_new() else { preconditionFailure("OpenSSL has no memory for a digest.") }
        RunningSHA256.require(EVP_DigestInit_ex(handle, EVP_sha256(), nil) == 1)
        context = Mutex(Context(handle: handle))
    }

    deinit {
        context.withLock { EVP_MD_CTX_free($0.handle) }
    }

    /// Takes the next bytes.
    package func update(_ bytes: [UInt8]) {
        let isDone = context.withLock { context in
            bytes.withUnsafeBytes { EVP_DigestUpdate(context.handle, $0.baseAddress, $0.count) == 1 }
        }
        RunningSHA256.require(isDone)
    }

    /// The 32 byte digest of all bytes so far; more may follow.
    package func digest() -> [UInt8] {
        context.withLock { context in
            [UInt8](unsafeUninitializedCapacity: SHA256.byteCount) { output, count in
                let copy = EVP_MD_CTX_new()
                defer { EVP_MD_CTX_free(copy) }
                let isDone =
                    EVP_MD_CTX_copy_ex(copy, context.handle) == 1
                    && EVP_DigestFinal_ex(copy, output.baseAddress, nil) == 1
                RunningSHA256.require(isDone)
                count = SHA256.byteCount
            }
        }
    }

    /// Going on with a wrong digest would mix up contents; it fails only when memory is exhausted.
    private static func require(_ isDone: Bool) {
        precondition(isDone, "OpenSSL cannot compute SHA-256.")
    }
}
