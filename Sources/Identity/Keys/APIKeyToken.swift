internal import Cryptography
internal import PluginKit

/// A tenant's key for its own programs.
package enum APIKey {}

/// The text of an API key: `rmk_<id>_<secret><checksum>`. The prefix lets scanners find leaked keys, the checksum lets
/// them drop what only looks like one (github.blog, 5 April 2021).
struct APIKeyToken: Hashable, Sendable {
    static let prefix = "rmk_"
    private static let checksumLength = 6

    let id: ID<APIKey>
    /// 40 hexadecimal digits, of 160 random bits.
    let secret: String

    /// A new key.
    static func make() -> APIKeyToken {
        APIKeyToken(id: .make(), secret: Hex.encode(RandomBytes.generate(20)))
    }

    private init(id: ID<APIKey>, secret: String) {
        self.id = id
        self.secret = secret
    }

    /// Reads a key; nil when it has another form or the checksum is wrong.
    init?(_ text: String) {
        let parts = text.split(separator: "_", omittingEmptySubsequences: false)
        guard text.utf8.count <= 128, parts.count == 3, parts[0] == "rmk", let id = ID<APIKey>(parts[1]),
            parts[2].utf8.count == 40 + APIKeyToken.checksumLength
        else { return nil }
        self.init(id: id, secret: String(parts[2].dropLast(APIKeyToken.checksumLength)))
        guard self.text == text else { return nil }
    }

    /// The key as it is shown once.
    var text: String { "rmk_\(id)_\(secret)\(checksum)" }

    /// What is stored of it.
    var hash: [UInt8] { SHA256.digest(text) }

    private var checksum: String {
        String(Hex.encode(SHA256.digest("rmk_\(id)_\(secret)")).prefix(APIKeyToken.checksumLength))
    }
}
