import PluginKit
import Synchronization
import TestKit
import Testing

@testable import Identity

@Suite("ProviderDirectory", .timeLimit(.minutes(5)))
struct ProviderDirectoryTests {
    private static let place = "/.well-known/openid-configuration"

    /// A provider that takes its time: a moment, or until it is told to go on.
    private final class Provider: Sendable {
        private let url = Mutex("")
        private let status: Int
        private let isHeld: Mutex<Bool>

        init(status: Int, isHeld: Bool) {
            self.status = status
            self.isHeld = Mutex(isHeld)
        }

        func goOn() { isHeld.withLock { $0 = false } }

        func begin(at url: String) { self.url.withLock { $0 = url } }

        func answer(_ question: StubServer.Question) async -> StubServer.Answer {
            let url = url.withLock { $0 }
            guard question.path == ProviderDirectoryTests.place else { return .json(#"{"keys":[]}"#) }
            repeat { try? await Task.sleep(for: .milliseconds(300)) } while isHeld.withLock { $0 }
            let document: JSONValue = [
                "issuer": .string(url), "authorization_endpoint": .string("\(url)/authorize"),
                "token_endpoint": .string("\(url)/token"), "jwks_uri": .string("\(url)/keys"),
            ]
            return .json(String(decoding: document.encoded(), as: UTF8.self), status: status)
        }
    }

    private static func with(
        status: Int = 200, _ body: @Sendable (_ directory: ProviderDirectory, _ server: StubServer) async throws -> Void
    ) async throws {
        try await with(Provider(status: status, isHeld: false), body)
    }

    private static func with(
        _ provider: Provider, patience: Duration = .seconds(30),
        _ body: @Sendable (_ directory: ProviderDirectory, _ server: StubServer) async throws -> Void
    ) async throws {
        try await StubServer.with(answering: { await provider.answer($0) }) { server in
            provider.begin(at: server.url)
            var settings = OIDCSettings()
            settings.allowsInsecure = true
            try await body(ProviderDirectory(settings, patience: patience), server)
        }
    }

    private static func key(_ server: StubServer, of tenant: TenantID = .make()) -> ProviderDirectory.Key {
        .init(tenant: tenant, connection: .make(), issuer: server.url)
    }

    /// How often the provider was asked who it is.
    private static func count(_ server: StubServer) -> Int {
        server.asked.count { $0.path == ProviderDirectoryTests.place }
    }

    /// Why there is no answer; nil when there is one.
    private static func failure(
        _ directory: ProviderDirectory, _ key: ProviderDirectory.Key
    ) async -> ProviderFailure? {
        do throws(ProviderFailure) {
            _ = try await directory.metadata(of: key)
            return nil
        } catch {
            return error
        }
    }

    @Test("A provider that takes its time is asked once, however many wait for it")
    func shared() async throws {
        try await Self.with { directory, server in
            let key = Self.key(server)
            let failures = await withTaskGroup(of: ProviderFailure?.self) { group in
                for _ in 0..<20 { group.addTask { await Self.failure(directory, key) } }
                return await group.reduce(into: [ProviderFailure?]()) { $0.append($1) }
            }
            #expect(failures == [ProviderFailure?](repeating: nil, count: 20))
            #expect(Self.count(server) == 1)
        }
    }

    @Test("A provider that failed is left alone for a while, for those who waited and those who come later")
    func failed() async throws {
        try await Self.with(status: 500) { directory, server in
            let key = Self.key(server)
            async let first = Self.failure(directory, key)
            async let second = Self.failure(directory, key)
            let failures = await [first, second, Self.failure(directory, key)]
            #expect(failures == [.refused, .refused, .refused])
            #expect(Self.count(server) == 1)
            // Another connection's provider is another one.
            #expect(await Self.failure(directory, Self.key(server)) == .refused)
            #expect(Self.count(server) == 2)
        }
    }

    @Test("One tenant's providers are asked two at a time; another tenant's are asked all the same")
    func perTenant() async throws {
        let provider = Provider(status: 200, isHeld: true)
        try await Self.with(provider) { directory, server in
            defer { provider.goOn() }
            let tenant = TenantID.make()
            async let first = Self.failure(directory, Self.key(server, of: tenant))
            async let second = Self.failure(directory, Self.key(server, of: tenant))
            let areAsked = try await eventually { Self.count(server) == 2 }
            #expect(areAsked)
            #expect(await Self.failure(directory, Self.key(server, of: tenant)) == .unreachable)
            async let other = Self.failure(directory, Self.key(server))
            let isOtherAsked = try await eventually { Self.count(server) == 3 }
            #expect(isOtherAsked)
            provider.goOn()
            let failures = await [first, second, other]
            #expect(failures == [nil, nil, nil])
        }
    }

    @Test("Whoever goes away while a provider is asked spoils nothing for those who wait")
    func givenUp() async throws {
        try await Self.with { directory, server in
            let key = Self.key(server)
            let first = Task { await Self.failure(directory, key) }
            let isAsked = try await eventually { Self.count(server) == 1 }
            #expect(isAsked)
            let second = Task { await Self.failure(directory, key) }
            try await Task.sleep(for: .milliseconds(50))
            first.cancel()
            #expect(await second.value == nil)
            #expect(await Self.failure(directory, key) == nil)
        }
    }

    @Test("Whoever waits for what another one asks stops when they go away, or have waited for too long")
    func patience() async throws {
        for isCancelled in [true, false] {
            let provider = Provider(status: 200, isHeld: true)
            try await Self.with(provider, patience: isCancelled ? .seconds(600) : .milliseconds(200)) {
                directory, server in
                defer { provider.goOn() }
                let key = Self.key(server)
                async let first = Self.failure(directory, key)
                let isAsked = try await eventually { Self.count(server) == 1 }
                #expect(isAsked)
                let second = Task { await Self.failure(directory, key) }
                if isCancelled { second.cancel() }
                #expect(await second.value == .unreachable)
                provider.goOn()
                let failure = await first
                #expect(failure == nil)
                #expect(Self.count(server) == 1)
            }
        }
    }

    @Test("A provider that sends the head of an answer and no more cannot be reached, for whoever asks and waits")
    func silent() async throws {
        try await SilentServer.with(answering: "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n") { server in
            var settings = OIDCSettings()
            settings.allowsInsecure = true
            let directory = ProviderDirectory(settings)
            let key = ProviderDirectory.Key(tenant: .make(), connection: .make(), issuer: server.url)
            let failures = await withTaskGroup(of: ProviderFailure?.self) { group in
                for _ in 0..<20 { group.addTask { await Self.failure(directory, key) } }
                return await group.reduce(into: [ProviderFailure?]()) { $0.append($1) }
            }
            #expect(failures == [ProviderFailure?](repeating: .unreachable, count: 20))
            let isClosed = try await eventually { server.made == 1 && server.open == 0 }
            #expect(isClosed)
        }
    }
}
