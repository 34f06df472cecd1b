/// Checks signatures, with the kernel's cryptography.
public struct Signatures: Sendable {
    private let isValid: @Sendable (_ code: String, _ message: [UInt8], _ secret: String) -> Bool

    /// For the kernel.
    @_spi(Kernel)
    public init(_ isValid: @escaping @Sendable (_ code: String, _ message: [UInt8], _ secret: String) -> Bool) {
        self.isValid = isValid
    }

    func check(_ code: String, _ message: [UInt8], _ secret: String) -> Bool { isValid(code, message, secret) }
}

extension Call {
    /// Whether `code` is the HMAC-SHA256 (RFC 2104) of the bytes under a secret, in hexadecimal digits or base64; a
    /// `sha256=` before it is skipped. Takes the same time for every wrong code. An empty secret signs nothing.
    public func isSigned(_ message: [UInt8], with secret: String, as code: String) -> Bool {
        !secret.isEmpty && services.signatures.check(code, message, secret)
    }
}
