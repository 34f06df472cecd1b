@_spi(Kernel) internal import PluginKit
internal import Synchronization

/// What providers say of themselves, and their keys, kept for an hour.
///
/// Each connection has its own entry, so that no tenant's traffic changes what another's sign-ins meet.
final class ProviderDirectory: Sendable {
    /// Whose provider.
    struct Key: Hashable, Sendable {
        let tenant: TenantID
        let connection: OIDCConnectionID
        let issuer: String
    }

    private struct Entry {
        let metadata: ProviderMetadata
        var keys: JSONWebKeySet
        let fetched: ContinuousClock.Instant
        /// When keys were asked for again because a token named one that was not known.
        var refetches: [ContinuousClock.Instant] = []
    }

    private static let lifetime: Duration = .seconds(3600)
    private static let capacity = 1000
    /// How often a token with an unknown key makes us ask again: so often in a minute.
    static let refetchLimit = 5

    private let entries = Mutex<[Key: Entry]>([:])
    private let client: ProviderClient
    private let settings: OIDCSettings

    init(_ settings: OIDCSettings) {
        self.settings = settings
        client = ProviderClient(settings: settings)
    }

    /// What a connection's provider says of itself.
    func metadata(of key: Key) async throws(ProviderFailure) -> ProviderMetadata {
        try await entry(key).metadata
    }

    /// A connection's provider's keys, asked for anew when they do not know the token's key and that was not just done.
    func keys(of key: Key, knowing token: IDToken) async throws(ProviderFailure) -> JSONWebKeySet {
        let entry = try await entry(key)
        do throws(IDTokenError) {
            _ = try entry.keys.key(for: token)
            return entry.keys
        } catch {
            guard error == .keyUnknown, mayRefetch(key) else { return entry.keys }
        }
        let keys = JSONWebKeySet(try await client.get(entry.metadata.keysEndpoint))
        entries.withLock { $0[key]?.keys = keys }
        return keys
    }

    private func mayRefetch(_ key: Key) -> Bool {
        let now = ContinuousClock.now
        return entries.withLock { entries in
            guard var entry = entries[key] else { return false }
            entry.refetches.removeAll { $0.duration(to: now) > .seconds(60) }
            guard entry.refetches.count < ProviderDirectory.refetchLimit else { return false }
            entry.refetches.append(now)
            entries[key] = entry
            return true
        }
    }

    private func entry(_ key: Key) async throws(ProviderFailure) -> Entry {
        let known = entries.withLock { $0[key] }
        if let known, known.fetched.duration(to: .now) < ProviderDirectory.lifetime { return known }
        guard let issuer = ProviderURL(key.issuer, settings, allowsQuery: false),
            let location = ProviderMetadata.location(of: issuer, settings)
        else { throw .forbidden }
        let metadata = try ProviderMetadata(try await client.get(location), issuer: key.issuer, settings)
        let keys = JSONWebKeySet(try await client.get(metadata.keysEndpoint))
        let entry = Entry(metadata: metadata, keys: keys, fetched: .now, refetches: known?.refetches ?? [])
        entries.withLock { entries in
            if entries.count >= ProviderDirectory.capacity, entries[key] == nil,
                let oldest = entries.min(by: { $0.value.fetched < $1.value.fetched })?.key
            {
                entries[oldest] = nil
            }
            entries[key] = entry
        }
        return entry
    }
}
