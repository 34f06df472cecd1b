internal import Outbound
@_spi(Kernel) internal import PluginKit

/// What a provider says of itself (OpenID Connect Discovery 1.0 §3, RFC 8414).
struct ProviderMetadata: Sendable {
    let authorizationEndpoint: ProviderURL
    let tokenEndpoint: ProviderURL
    let keysEndpoint: ProviderURL
    /// Whether the client's secret goes into the form instead of a header.
    let takesSecretInForm: Bool
    /// Whether its answers always name it (RFC 9207 §3).
    let namesItself: Bool

    /// Where the document of an issuer is.
    static func location(of issuer: ProviderURL, _ settings: OIDCSettings) -> ProviderURL? {
        ProviderURL("\(issuer.text.withoutLastSlash)/.well-known/openid-configuration", settings)
    }

    /// Reads the document of `issuer`, which must name the issuer byte for byte and have every endpoint at an address
    /// that is allowed.
    init(_ document: JSONValue, issuer: String, _ settings: OIDCSettings) throws(ProviderFailure) {
        func endpoint(_ name: String) -> ProviderURL? {
            document[name]?.string.flatMap { ProviderURL($0, settings) }
        }
        guard document["issuer"]?.string == issuer, let authorization = endpoint("authorization_endpoint"),
            let token = endpoint("token_endpoint"), let keys = endpoint("jwks_uri")
        else { throw .unreadable }
        authorizationEndpoint = authorization
        tokenEndpoint = token
        keysEndpoint = keys
        let methods = document["token_endpoint_auth_methods_supported"]?.array?.compactMap(\.string)
        takesSecretInForm =
            methods.map { !$0.contains("client_secret_basic") && $0.contains("client_secret_post") } ?? false
        namesItself = document["authorization_response_iss_parameter_supported"]?.bool ?? false
    }
}
