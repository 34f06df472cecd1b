internal import Cryptography

/// The secret part of a hook's address: `rmh_` and 192 random bits. The prefix lets scanners find leaked ones.
enum HookToken {
    /// How many characters a token has.
    static let length = 36

    /// A new token.
    static func make() -> String { "rmh_\(Base64URL.encode(RandomBytes.generate(24)))" }

    /// What is stored of a token. Text of any form has a hash, so that whatever is asked for costs the same look-up.
    static func hash(_ text: String) -> [UInt8] { SHA256.digest(text) }
}
