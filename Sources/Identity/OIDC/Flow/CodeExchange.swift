internal import Foundation
@_spi(Kernel) internal import PluginKit

/// Redeems an authorization code for an ID token that is believed.
struct CodeExchange: Sendable {
    let directory: ProviderDirectory
    let client: ProviderClient
    let secrets: SignInSecrets

    /// What the provider says of whoever has just signed in there.
    ///
    /// - Parameters:
    ///   - secret: the connection's client secret; nil for a client that has none.
    ///   - browser: the secret of the browser's cookie.
    ///   - redirect: the address the code was sent to.
    func redeem(
        _ code: String, _ connection: OIDCConnection, secret: String?, state: SignInState, browser: String,
        redirect: String
    ) async throws -> IDTokenClaims {
        let metadata = try await directory.metadata(of: connection.directoryKey)
        let verifier = secrets.verifier(of: state, browser: browser)
        let answer = try await client.post(
            metadata.tokenEndpoint,
            form: CodeExchange.form(
                code, connection, secret: metadata.takesSecretInForm ? secret : nil, redirect, verifier),
            authorization: metadata.takesSecretInForm ? nil : CodeExchange.basic(connection.clientID, secret),
            for: connection.tenant)
        guard answer.status == 200 else { throw ProviderFailure.refused }
        guard let text = answer.document["id_token"]?.string else { throw ProviderFailure.unreadable }
        let token = try IDToken(text)
        let keys = try await directory.keys(of: connection.directoryKey, knowing: token)
        try token.requireSignature(of: keys.key(for: token))
        return try token.claims(
            issuer: connection.issuer, client: connection.clientID, nonce: secrets.nonce(of: state, browser: browser),
            now: Date().timeIntervalSince1970)
    }

    private static func form(
        _ code: String, _ connection: OIDCConnection, secret: String?, _ redirect: String, _ verifier: String
    ) -> [(name: String, value: String)] {
        let form = [
            (name: "grant_type", value: "authorization_code"), (name: "code", value: code),
            (name: "redirect_uri", value: redirect), (name: "client_id", value: connection.clientID),
            (name: "code_verifier", value: verifier),
        ]
        return secret.map { form + [(name: "client_secret", value: $0)] } ?? form
    }

    /// Client and secret as RFC 6749 §2.3.1 wants them: escaped before they are joined.
    private static func basic(_ client: String, _ secret: String?) -> String? {
        guard let secret else { return nil }
        let pair = "\(FormEncoding.escape(client)):\(FormEncoding.escape(secret))"
        return "Basic \(Data(pair.utf8).base64EncodedString())"
    }
}
