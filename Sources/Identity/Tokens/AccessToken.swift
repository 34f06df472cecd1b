package import Foundation

/// What an access token says (RFC 7519 section 4.1, and `tid`, `sid`, `role`). Times are whole seconds.
///
/// A value obtained from `TokenVerifier` was signed by us and is meant for the audience asked for. Whether the session,
/// the tenant and the membership still stand is for the caller to check.
package struct AccessToken: Sendable, Hashable {
    /// The installation that issued the token (`iss`).
    package let issuer: String

    /// Whom the token is meant for (`aud`).
    package let audience: TokenAudience

    /// The account, profile or customer that acts (`sub`).
    package let subject: UUID

    /// The one tenant acted in (`tid`); `nil` exactly for the operator's audience.
    package let tenant: UUID?

    /// The session the token belongs to (`sid`).
    package let session: UUID

    /// The role of the subject when the token was issued (`role`), 1 to 64 of `a–z`, `0–9`, `_`, `-`, `.` and `:`.
    package let role: String

    /// How often the subject's role or status had changed, or a customer's tokens were ended, when the token was issued (`epoch`).
    package let epoch: Int64

    /// The operator who acts as the subject (`act`, in the sense of RFC 8693 section 4.1); nil when nobody does.
    package let impersonator: Impersonator?

    /// The token's own id (`jti`).
    package let id: UUID

    /// When the token was issued (`iat`).
    package let issuedAt: Date

    /// The first moment the token is valid (`nbf`).
    package let notBefore: Date

    /// The first moment the token is no longer valid (`exp`).
    package let expiresAt: Date

    /// An operator who acts as somebody else.
    package struct Impersonator: Sendable, Hashable {
        /// The operator's id (`act`).
        package let id: UUID
        /// Whether they may change anything (`act_mode` is `write`, else `read`).
        package let mayWrite: Bool

        package init(id: UUID, mayWrite: Bool) {
            self.id = id
            self.mayWrite = mayWrite
        }
    }

    /// Whether `role` has the form a role must have.
    static func isRole(_ role: String) -> Bool {
        (1...64).contains(role.utf8.count)
            && role.utf8.allSatisfy { character in
                switch character {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
                default: "_-.:".utf8.contains(character)
                }
            }
    }
}
