/// What this installation allows for sign-in through providers.
package struct OIDCSettings: Sendable {
    /// How browsers reach this server, such as `https://desk.example`; nil switches sign-in through providers off.
    package var publicURL: String?
    /// Whether a provider may be on this machine and without TLS, for trying things.
    package var allowsInsecure = false
    /// Whether a provider may be in a private network. Tenants choose the address, so this lets them knock there.
    package var allowsPrivateNetworks = false

    /// Settings under which no provider is used.
    package init() {}
}
