@_spi(Kernel) internal import PluginKit

/// The cookie that ties a sign-in to the browser it began in (RFC 6265).
///
/// Scripts cannot read it, other sites cannot send it but by a link, and where the server is reached over TLS no other
/// host can set it (`__Host-`). It is `Lax` because the provider sends the browser back by a link.
struct BrowserCookie: Sendable {
    private let name: String
    private let attributes: String

    /// - Parameter publicURL: how browsers reach the server.
    init(publicURL: String) {
        let isSecure = publicURL.hasPrefix("https://")
        name = isSecure ? "__Host-romashka_sign_in" : "romashka_sign_in"
        attributes = "Path=/; HttpOnly; SameSite=Lax" + (isSecure ? "; Secure" : "")
    }

    /// The secret that a browser sends.
    func secret(in request: Request) -> String? { request.cookie(name) }

    /// The header that gives a browser its secret for as long as a sign-in may take.
    func set(_ secret: String) -> (name: String, value: String) {
        ("Set-Cookie", "\(name)=\(secret); Max-Age=\(SignInSecrets.lifetime.components.seconds); \(attributes)")
    }

    /// The header that takes it away.
    var clearing: (name: String, value: String) { ("Set-Cookie", "\(name)=; Max-Age=0; \(attributes)") }
}
