internal import Cryptography

/// The signatures that senders of webhooks put beside a body.
enum HookSignature {
    /// Whether a code is the HMAC-SHA256 of a message under a secret, as hexadecimal digits or base64, with or without
    /// `sha256=` before it.
    static func isValid(_ code: String, of message: [UInt8], under secret: String) -> Bool {
        let digits = code.hasPrefix("sha256=") ? String(code.dropFirst(7)) : code
        guard let bytes = decoded(digits) else { return false }
        return HMACSHA256(key: Array(secret.utf8)).isValid(bytes, for: message)
    }

    private static func decoded(_ text: String) -> [UInt8]? {
        if text.utf8.count == 2 * HMACSHA256.byteCount { return Hex.decode(text.lowercased()) }
        guard text.utf8.count <= 44 else { return nil }
        let plain = text.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        return Base64URL.decode(plain)
    }
}
