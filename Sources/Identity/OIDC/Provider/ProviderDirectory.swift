internal import Outbound
@_spi(Kernel) internal import PluginKit
internal import Synchronization

/// What providers say of themselves, and their keys, kept for an hour.
///
/// Each connection has its own entry, so that no tenant's traffic changes what another's sign-ins meet. A provider is
/// asked once at a time, and left alone for a while after it failed: one that hangs holds up nobody but its own people.
final class ProviderDirectory: Sendable {
    /// Whose provider.
    struct Key: Hashable, Sendable {
        let tenant: TenantID
        let connection: OIDCConnectionID
        let issuer: String
    }

    private struct Entry: Sendable {
        let metadata: ProviderMetadata
        var keys: JSONWebKeySet
        let fetched: ContinuousClock.Instant
        /// When keys were asked for again because a token named one that was not known.
        var refetches: [ContinuousClock.Instant] = []
    }

    private typealias Outcome = Result<Entry, ProviderFailure>
    /// Who waits for an answer that another one asked for. Nil: the other one went away, so look again.
    private typealias Waiter = Awaited<Outcome?>

    private struct State {
        var entries: [Key: Entry] = [:]
        var failures: [Key: (failure: ProviderFailure, end: ContinuousClock.Instant)] = [:]
        /// The providers that are being asked, each with those who wait for the answer.
        var waiters: [Key: [Waiter]] = [:]

        mutating func keep(_ outcome: Outcome, of key: Key) {
            let now = ContinuousClock.now
            switch outcome {
            case .success(let entry):
                if entries.count >= ProviderDirectory.capacity, entries[key] == nil,
                    let oldest = entries.min(by: { $0.value.fetched < $1.value.fetched })?.key
                {
                    entries[oldest] = nil
                }
                entries[key] = entry
                failures[key] = nil
            case .failure(let failure):
                if failures.count >= ProviderDirectory.capacity { failures = failures.filter { $0.value.end > now } }
                failures[key] = (failure: failure, end: now + ProviderDirectory.pause)
            }
        }
    }

    /// What is to be done for whoever wants an entry.
    private enum Step {
        case known(Outcome)
        case ask
        case wait
    }

    private static let lifetime: Duration = .seconds(3600)
    private static let capacity = 1000
    /// How long a provider that failed is not asked again.
    static let pause: Duration = .seconds(10)
    /// How many providers of one tenant are asked at a time, whatever their names.
    private static let maximumAsked = 2
    /// How often a token with an unknown key makes us ask again: so often in a minute.
    static let refetchLimit = 5

    private let state = Mutex(State())
    private let client: ProviderClient
    private let settings: OIDCSettings
    /// How long somebody waits for what another one asks: longer than that takes.
    private let patience: Duration

    init(_ settings: OIDCSettings, patience: Duration = .seconds(30)) {
        self.settings = settings
        self.patience = patience
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
        let keys = JSONWebKeySet(try await client.get(entry.metadata.keysEndpoint, for: key.tenant))
        state.withLock { $0.entries[key]?.keys = keys }
        return keys
    }

    private func mayRefetch(_ key: Key) -> Bool {
        let now = ContinuousClock.now
        return state.withLock { state in
            guard var entry = state.entries[key] else { return false }
            entry.refetches.removeAll { $0.duration(to: now) > .seconds(60) }
            guard entry.refetches.count < ProviderDirectory.refetchLimit else { return false }
            entry.refetches.append(now)
            state.entries[key] = entry
            return true
        }
    }

    private func entry(_ key: Key) async throws(ProviderFailure) -> Entry {
        while true {
            switch step(for: key) {
            case .known(let outcome): return try outcome.get()
            case .ask: return try await ask(key).get()
            case .wait: if let outcome = await answer(for: key) { return try outcome.get() }
            }
        }
    }

    private func step(for key: Key) -> Step {
        let now = ContinuousClock.now
        return state.withLock { state in
            if let entry = state.entries[key], entry.fetched.duration(to: now) < ProviderDirectory.lifetime {
                return .known(.success(entry))
            }
            if let failed = state.failures[key], failed.end > now { return .known(.failure(failed.failure)) }
            if state.waiters[key] != nil { return .wait }
            let asked = state.waiters.keys.count { $0.tenant == key.tenant }
            guard asked < ProviderDirectory.maximumAsked else { return .known(.failure(.unreachable)) }
            state.waiters[key] = []
            return .ask
        }
    }

    /// What a provider says that somebody else asks; nil when it is to be looked again. Whoever goes away or has waited
    /// for too long hears that it cannot be reached.
    private func answer(for key: Key) async -> Outcome? {
        let waiter = Waiter()
        let isOver = state.withLock { state in
            guard state.waiters[key] != nil else { return true }
            state.waiters[key]?.append(waiter)
            return false
        }
        if isOver { waiter.bring(nil) }
        return await waiter.value(until: ContinuousClock.now + patience, else: .failure(.unreachable))
    }

    /// Asks a provider, and tells whoever waits for it.
    private func ask(_ key: Key) async -> Outcome {
        let outcome: Outcome
        do throws(ProviderFailure) {
            outcome = .success(try await fetch(key))
        } catch {
            outcome = .failure(error)
        }
        // A browser that went away says nothing of the provider.
        let isAnswer = if case .success = outcome { true } else { !Task.isCancelled }
        let waiting = state.withLock { state in
            if isAnswer { state.keep(outcome, of: key) }
            return state.waiters.removeValue(forKey: key) ?? []
        }
        for waiter in waiting { waiter.bring(isAnswer ? outcome : nil) }
        return outcome
    }

    private func fetch(_ key: Key) async throws(ProviderFailure) -> Entry {
        guard let issuer = ProviderURL(key.issuer, settings, allowsQuery: false),
            let location = ProviderMetadata.location(of: issuer, settings)
        else { throw .forbidden }
        let refetches = state.withLock { $0.entries[key]?.refetches ?? [] }
        let metadata = try ProviderMetadata(
            try await client.get(location, for: key.tenant), issuer: key.issuer, settings)
        let keys = JSONWebKeySet(try await client.get(metadata.keysEndpoint, for: key.tenant))
        return Entry(metadata: metadata, keys: keys, fetched: .now, refetches: refetches)
    }
}
