package import Cryptography
package import Files
package import Logging
package import Postgres
package import Tenancy

/// Everything about who somebody is and what they may do, put together.
package struct Identity: Sendable {
    package let permissions: Permissions
    package let keyring: TokenKeyring
    package let logins: Logins
    package let sessions: LoginSessions
    package let tenants: Tenants
    package let members: Members
    package let operators: OperatorTokens
    package let keys: APIKeys
    package let customers: CustomerTokens
    package let customerKeys: CustomerKeys
    package let authenticator: Authenticator
    package let resets: PasswordResets
    package let rotation: TokenKeyRotation
    let resetRequests: PasswordResetRequests
    let accounts: TenantAccounts
    package let hosts: TenantHosts
    let erasure: Erasure
    let settings: SystemSettings
    let roles: CustomRoles
    let teams: Teams
    let invitations: Invitations
    let impersonations: Impersonations
    let ownAccount: OwnAccount
    package let connections: OIDCConnections
    let signIn: ProviderSignIn

    /// - Parameters:
    ///   - pipeline: of the kernel's role `auth`.
    ///   - issuer: the installation's name or address, as tokens and authenticator apps show it.
    ///   - isMailSent: whether an `AccountMail` runs in this process or another.
    package init(
        pipeline: PipelineConnection, leases: LeasePool, control: ControlPlane, master: MasterSecret, issuer: String,
        passwords: PasswordHasher, permissions: Permissions, oidc: OIDCSettings, files: TenantFiles,
        isMailSent: Bool, logger: Logger
    ) throws(CryptographyError) {
        self.permissions = permissions
        keyring = TokenKeyring(issuer: issuer, master: master, control: control)
        let secondFactors = SecondFactors(pipeline: pipeline, master: master, issuer: issuer)
        let credentials = Credentials(
            pipeline: pipeline, passwords: passwords, throttle: LoginThrottle(pipeline: pipeline, master: master),
            secondFactors: secondFactors)
        sessions = LoginSessions(
            pipeline: pipeline, keyring: keyring, refreshTokens: RefreshTokens(master: master), control: control)
        logins = Logins(pipeline: pipeline, credentials: credentials, sessions: sessions)
        tenants = Tenants(pipeline: pipeline, passwords: passwords)
        members = Members(
            pipeline: pipeline, leases: leases, passwords: passwords, control: control, permissions: permissions)
        operators = OperatorTokens(pipeline: pipeline)
        keys = APIKeys(pipeline: pipeline, control: control)
        customerKeys = CustomerKeys(pipeline: pipeline, master: master)
        customers = CustomerTokens(pipeline: pipeline, keyring: keyring, control: control)
        authenticator = Authenticator(keyring: keyring, keys: keys, operators: operators, control: control)
        rotation = TokenKeyRotation(pipeline: pipeline, control: control)
        accounts = TenantAccounts(pipeline: pipeline, control: control)
        hosts = TenantHosts(pipeline: pipeline, control: control)
        erasure = Erasure(leases: leases, control: control, files: files)
        settings = SystemSettings(pipeline: pipeline)
        roles = CustomRoles(pipeline: pipeline, control: control, permissions: permissions)
        teams = Teams(pipeline: pipeline, permissions: permissions)
        invitations = Invitations(
            pipeline: pipeline, credentials: credentials, sessions: sessions, members: members,
            throttle: LoginThrottle(pipeline: pipeline, master: master, bounds: .invitation), isMailSent: isMailSent)
        impersonations = Impersonations(pipeline: pipeline, keyring: keyring, control: control)
        ownAccount = OwnAccount(
            pipeline: pipeline, credentials: credentials, secondFactors: secondFactors, sessions: sessions)
        resets = PasswordResets(
            pipeline: pipeline, credentials: credentials, sessions: sessions, members: members)
        resetRequests = PasswordResetRequests(
            pipeline: pipeline, throttle: LoginThrottle(pipeline: pipeline, master: master, bounds: .mail),
            isMailSent: isMailSent)
        connections = try OIDCConnections(pipeline: pipeline, master: master, settings: oidc)
        signIn = ProviderSignIn(
            pipeline: pipeline, connections: connections, members: members, sessions: sessions,
            secondFactors: secondFactors, master: master, settings: oidc, logger: logger)
    }
}
