@_spi(Kernel) internal import PluginKit

/// A sign-in that has begun in one browser and is to end there: the OAuth parameter `state`, once it is verified.
struct SignInState: Hashable, Sendable {
    /// What the sign-in is for.
    enum Purpose: Hashable, Sendable {
        /// To log in.
        case logIn
        /// To let a member, who is logged in with this session, log in so from now on.
        case link(ProfileID, LoginSessionID)
        /// To log in as a member whom the provider has named, once a second factor is proved.
        case secondFactor(ProfileID)
    }

    let id: ID<SignInState>
    let tenant: TenantID
    let connection: OIDCConnectionID
    let purpose: Purpose
    let expiry: Timestamp
    /// SHA-256 of the secret in the browser's cookie, in hexadecimal.
    let browser: String

    /// The fields in their order, none of which can hold a dot.
    var text: String {
        let member =
            switch purpose {
            case .logIn: "-.-"
            case .link(let profile, let session): "\(profile).\(session)"
            case .secondFactor(let profile): "\(profile).-"
            }
        return "\(id).\(tenant).\(connection).\(member).\(expiry.seconds).\(browser)"
    }

    init(
        id: ID<SignInState>, tenant: TenantID, connection: OIDCConnectionID, purpose: Purpose, expiry: Timestamp,
        browser: String
    ) {
        self.id = id
        self.tenant = tenant
        self.connection = connection
        self.purpose = purpose
        self.expiry = expiry
        self.browser = browser
    }

    /// Reads what `text` wrote.
    init?(_ text: String) {
        let fields = text.split(separator: ".", omittingEmptySubsequences: false)
        guard fields.count == 7, let id = ID<SignInState>(fields[0]), let tenant = TenantID(fields[1]),
            let connection = OIDCConnectionID(fields[2]), let seconds = Int64(fields[5])
        else { return nil }
        if fields[3] == "-" {
            purpose = .logIn
        } else {
            guard let profile = ProfileID(fields[3]) else { return nil }
            if fields[4] == "-" {
                purpose = .secondFactor(profile)
            } else {
                guard let session = LoginSessionID(fields[4]) else { return nil }
                purpose = .link(profile, session)
            }
        }
        self.id = id
        self.tenant = tenant
        self.connection = connection
        expiry = Timestamp(microseconds: seconds.multipliedReportingOverflow(by: 1_000_000).partialValue)
        browser = String(fields[6])
    }
}
