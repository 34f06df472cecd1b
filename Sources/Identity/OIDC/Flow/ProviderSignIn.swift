internal import Cryptography
internal import Logging
@_spi(Kernel) internal import PluginKit
internal import Postgres
internal import Tenancy

/// Sign-in through a tenant's provider: authorization code with PKCE (RFC 6749, RFC 7636, OpenID Connect Core 1.0).
///
/// Each connection has a redirect address of its own, so that a code of one provider never reaches another (RFC 9700
/// §4.4). A state is good for one connection, one browser, one time and ten minutes.
package struct ProviderSignIn: Sendable {
    let connections: OIDCConnections
    let identities: OIDCIdentities
    private let members: Members
    let sessions: LoginSessions
    private let exchange: CodeExchange
    let secondFactors: SecondFactors
    let throttle: LoginThrottle
    let secrets: SignInSecrets
    private let publicURL: String?
    private let logger: Logger

    /// - Parameter pipeline: of the kernel's role `auth`.
    init(
        pipeline: PipelineConnection, connections: OIDCConnections, members: Members, sessions: LoginSessions,
        secondFactors: SecondFactors, master: MasterSecret, settings: OIDCSettings, logger: Logger
    ) {
        self.secondFactors = secondFactors
        throttle = LoginThrottle(pipeline: pipeline, master: master)
        self.connections = connections
        self.members = members
        self.sessions = sessions
        self.logger = logger
        identities = OIDCIdentities(pipeline: pipeline)
        secrets = SignInSecrets(master: master)
        publicURL = settings.publicURL
        exchange = CodeExchange(
            directory: ProviderDirectory(settings), client: ProviderClient(settings: settings), secrets: secrets)
    }

    /// One answer for whatever does not hold, so that nobody learns how far they came.
    static let refused = Problem(
        status: 401, code: "sign_in_refused", detail: "This sign-in does not hold; begin again.")
    static let notMember = Problem(
        status: 403, code: "not_a_member", detail: "Nobody here signs in as this person; ask an admin.")
    static let failed = Problem(
        status: 502, code: "provider_failed", detail: "The sign-in provider does not answer as it should.")
    static let switchedOff = Problem(
        status: 409, code: "sign_in_unconfigured", detail: "This installation has no public address to come back to.")

    /// Sends a browser to the provider, to log in or to go on with what `link` began.
    ///
    /// - Throws: `Problem` 401 for an unknown connection or a state of another browser; 502 when the provider is down.
    func start(_ request: Request, _ id: OIDCConnectionID?, state parameter: String?) async throws -> HeadedReply {
        let (cookie, base) = try site()
        guard let id, let connection = try await connections.enabled(id) else { throw refusal("connection") }
        let given = cookie.secret(in: request)
        let (state, browser): (SignInState, String)
        if let parameter {
            guard let given, let known = secrets.verify(parameter, browser: given), known.connection == connection.id,
                known.tenant == connection.tenant
            else { throw refusal("state", connection) }
            (state, browser) = (known, given)
        } else {
            browser = SignInSecrets.browserSecret()
            state = secrets.begin(.logIn, tenant: connection.tenant, connection: connection.id, browser: browser)
        }
        let location = try await location(connection, state, browser: browser, base: base)
        let headers = [(name: "Location", value: location)]
        return HeadedReply(headers: parameter == nil ? headers + [cookie.set(browser)] : headers)
    }

    /// Begins to link a member, who is logged in, with whoever they are at the provider.
    ///
    /// The cookie goes to the browser that has the member's token, so that nobody can be led to link themselves to
    /// somebody else's membership.
    func link(_ call: Call, _ id: OIDCConnectionID) async throws -> HeadedReply {
        let (cookie, base) = try site()
        guard let session = call.session, call.actor.kind == .member, !call.isImpersonated,
            let connection = try await connections.enabled(id), connection.tenant == call.tenant
        else { throw Problem.notFound }
        let browser = SignInSecrets.browserSecret()
        let state = secrets.begin(
            .link(ProfileID(call.actor.id.uuid), session), tenant: call.tenant, connection: connection.id,
            browser: browser)
        let url = "\(base)/v1/auth/oidc/\(connection.id)/start?state=\(secrets.sign(state))"
        return HeadedReply(headers: [cookie.set(browser)], body: ["url": .string(url)])
    }

    /// Removes the link between a member and whoever they are at the provider.
    func unlink(_ call: Call, _ id: OIDCConnectionID) async throws {
        guard call.actor.kind == .member, !call.isImpersonated,
            try await connections.get(id, of: call.tenant) != nil
        else { throw Problem.notFound }
        try await identities.unlink(ProfileID(call.actor.id.uuid), from: id, of: call.tenant)
    }

    /// Ends what `start` began, where the provider sends the browser back to.
    ///
    /// - Throws: `Problem` 401 `sign_in_refused` for whatever does not hold; 403 `not_a_member`; 409 when somebody else
    ///   is linked already; 502 `provider_failed`.
    func finish(_ request: Request, _ id: OIDCConnectionID?, _ answer: AuthorizationAnswer) async throws -> HeadedReply
    {
        let (cookie, base) = try site()
        // Without a state it was not begun here: a login that a provider, or somebody else, begins is not taken.
        guard let id, let browser = cookie.secret(in: request),
            let state = secrets.verify(answer.state, browser: browser)
        else { throw refusal("state") }
        guard let connection = try await connections.enabled(id), state.connection == connection.id,
            state.tenant == connection.tenant
        else { throw refusal("connection") }
        guard try await identities.use(state) else { throw refusal("state_used", connection) }
        guard let code = answer.code else { throw refusal("no_code", connection) }
        if case .secondFactor = state.purpose { throw refusal("purpose", connection) }
        let claims = try await claims(code, answer.issuer, connection, state, browser: browser, base: base)
        if case .link(let profile, let session) = state.purpose {
            try await identities.link(claims, connection, to: profile, while: session)
            return ProviderSignIn.reply([cookie.clearing], ProviderSignIn.outcome("linked"))
        }
        guard let profile = try await member(claims, connection) else { throw ProviderSignIn.notMember }
        // A factor that guards the account guards every way into it; the cookie stays for who is to prove it.
        if !claims.hasSecondFactor, try await secondFactors.guarded(profile, of: connection.tenant) != nil {
            let next = secrets.begin(
                .secondFactor(profile), tenant: connection.tenant, connection: connection.id, browser: browser)
            return ProviderSignIn.reply(
                [], ProviderSignIn.outcome("second_factor_required", state: secrets.sign(next)))
        }
        let session = try await sessions.begin(
            profile, of: connection.tenant, hasSecondFactor: claims.hasSecondFactor, request.client)
        return ProviderSignIn.reply(
            [cookie.clearing], ProviderSignIn.outcome("logged_in", session: session.value))
    }

    /// An outcome for programs, and for people's browsers the page that hands it on.
    private static func reply(_ headers: [(name: String, value: String)], _ outcome: JSONValue) -> HeadedReply {
        HeadedReply(headers: headers, body: outcome, page: SignInPage.page(of: outcome))
    }

    static func outcome(_ word: String, session: JSONValue = .null, state: String? = nil) -> JSONValue {
        ["outcome": .string(word), "session": session, "state": state.map { .string($0) } ?? .null]
    }

    private func member(_ claims: IDTokenClaims, _ connection: OIDCConnection) async throws -> ProfileID? {
        if let profile = try await identities.profile(claims, connection) { return profile }
        guard connection.createsProfiles else { return nil }
        // Disabled, or made by the person's other tab just now.
        if try await identities.isKnown(claims, connection) { return try await identities.profile(claims, connection) }
        try await members.requireRoom(in: connection.tenant)
        return try await identities.create(claims, connection)
    }

    /// What is believed of the provider's answer.
    private func claims(
        _ code: String, _ issuer: String?, _ connection: OIDCConnection, _ state: SignInState, browser: String,
        base: String
    ) async throws -> IDTokenClaims {
        do {
            let metadata = try await exchange.directory.metadata(of: connection.directoryKey)
            // RFC 9207 §2.4: an answer that names another provider is not this one's.
            guard issuer.map({ $0 == connection.issuer }) ?? !metadata.namesItself else {
                throw refusal("answer_issuer", connection)
            }
            return try await exchange.redeem(
                code, connection, secret: connections.secret(of: connection), state: state, browser: browser,
                redirect: redirect(connection, base))
        } catch let error as IDTokenError {
            throw refusal(error.rawValue, connection)
        } catch let error as ProviderFailure {
            report(error, connection)
            throw error == .refused ? ProviderSignIn.refused : ProviderSignIn.failed
        }
    }

    /// Where the provider asks people who they are.
    private func location(
        _ connection: OIDCConnection, _ state: SignInState, browser: String, base: String
    ) async throws -> String {
        do throws(ProviderFailure) {
            let metadata = try await exchange.directory.metadata(of: connection.directoryKey)
            let query = FormEncoding.encode([
                ("response_type", "code"), ("client_id", connection.clientID), ("scope", "openid profile"),
                ("redirect_uri", redirect(connection, base)), ("state", secrets.sign(state)),
                ("nonce", secrets.nonce(of: state, browser: browser)), ("code_challenge_method", "S256"),
                ("code_challenge", SignInSecrets.challenge(secrets.verifier(of: state, browser: browser))),
            ])
            let endpoint = metadata.authorizationEndpoint.text
            return endpoint + (endpoint.contains("?") ? "&" : "?") + query
        } catch {
            report(error, connection)
            throw ProviderSignIn.failed
        }
    }

    private func redirect(_ connection: OIDCConnection, _ base: String) -> String {
        "\(base)/v1/auth/oidc/\(connection.id)/callback"
    }

    func site() throws -> (BrowserCookie, String) {
        guard let publicURL else { throw ProviderSignIn.switchedOff }
        return (BrowserCookie(publicURL: publicURL), publicURL)
    }

    private func report(_ failure: ProviderFailure, _ connection: OIDCConnection) {
        logger.warning(
            "sign-in provider failed",
            metadata: ["reason": "\(failure.rawValue)", "connection_id": "\(connection.id)"])
    }

    /// The log learns the reason, the caller does not.
    func refusal(_ reason: String, _ connection: OIDCConnection? = nil) -> Problem {
        logger.notice(
            "sign-in refused",
            metadata: ["reason": "\(reason)", "connection_id": "\(connection?.id.description ?? "-")"])
        return ProviderSignIn.refused
    }
}

/// What a provider's redirect says (RFC 6749 §4.1.2, RFC 9207 §2).
struct AuthorizationAnswer {
    let code: String?
    let state: String?
    let issuer: String?
}
