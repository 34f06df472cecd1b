/// The keys tokens are verified with, by name, and the one new tokens are signed with.
///
/// To rotate, add a key, make it active, and remove the old one when the tokens it signed have ended.
package struct TokenKeySet: Sendable {
    /// The key new tokens are signed with.
    package let active: TokenKey

    private let keys: [String: TokenKey]

    /// Takes at least one key, each under its own name, of which `active` names one.
    ///
    /// - Throws: `TokenError.keySetInvalid`.
    package init(_ keys: [TokenKey], active: TokenKeyID) throws(TokenError) {
        let named = Dictionary(keys.map { ($0.id.rawValue, $0) }, uniquingKeysWith: { first, _ in first })
        guard named.count == keys.count, let active = named[active.rawValue] else { throw .keySetInvalid }
        self.keys = named
        self.active = active
    }

    /// The key of that name, if there is one; no other key is ever tried.
    func key(named name: String) -> TokenKey? {
        keys[name]
    }
}
