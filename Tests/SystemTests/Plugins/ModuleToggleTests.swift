import Foundation
import Identity
import Platform
import PluginHost
@_spi(Kernel) import PluginKit
import Postgres
import Synchronization
import Tenancy
import TestKit
import Testing

/// Modules are switched at random for many tenants on one server while another serves.
@Suite("Module toggles", .serialized)
struct ModuleToggleTests {
    private typealias Instant = ContinuousClock.Instant

    /// A tenant's module and what became of its switch.
    private struct Pair: Hashable, Sendable {
        let tenant: Int
        let module: Int
    }

    /// A change of a switch, from its request to its answer.
    private struct Change: Sendable {
        let isOn: Bool
        let began: Instant
        let ended: Instant
    }

    private struct Request: Sendable {
        let pair: Pair
        let began: Instant
        let ended: Instant
        let code: String
    }

    /// What happened, as the tasks of a test note it.
    private final class Log: Sendable {
        let changes = Mutex<[Pair: [Change]]>([:])
        let requests = Mutex<[Request]>([])
    }

    private static let server = Task { try await TestServer.start() }
    private static let modules = (1...12).map { "toggle\($0)" }
    private static let tenants = 1000
    /// How long a change may take to hold everywhere.
    private static let limit: Duration = .seconds(1)

    private func with(_ body: @Sendable (TestPlatform) async throws -> Void) async throws {
        try await PluginsFolder.with { folder in
            let built = "\(FileManager.default.currentDirectoryPath)/.build/debug/libChameleon.so"
            for module in Self.modules {
                let name = module.capitalized
                try folder.add(
                    name,
                    manifest: PluginsFolder.manifest(
                        module, permissions: #"[{"id": "\#(module).read", "title": "Ask", "roles": ["admin"]}]"#))
                try FileManager.default.copyItem(atPath: built, toPath: "\(folder.path)/\(name)/lib\(name).so")
            }
            try await TestPlatform.with(plugins: folder.path, migratedOn: try await Self.server.value) { test in
                for plugin in test.platform.registry.plugins { #expect(plugin.reason(nil) == nil) }
                try await body(test)
            }
        }
    }

    /// Many tenants, each with a key that may ask every module.
    private func keys(_ test: TestPlatform) async throws -> (tenants: [TenantID], keys: [String]) {
        let tenants = (0..<Self.tenants).map { _ in TenantID.make() }
        try await test.database.asSuperuser { admin in
            for (number, tenant) in tenants.enumerated() {
                _ = try await admin.run(
                    "INSERT INTO core.tenants (id, slug, name) VALUES (\(tenant), \("tenant-\(number)"), 'T')")
            }
            _ = try await admin.run("SELECT core.record_change('tenant', NULL, 'all')")
        }
        try await test.platform.control.load()
        let input = try NewAPIKey.decode([
            "name": "all", "permissions": .array(Self.modules.map { .string("\($0).read") }),
        ])
        var keys: [String] = []
        for tenant in tenants {
            let key = try await test.platform.identity.keys.create(input, by: nil, of: tenant).value
            keys.append(try #require(key["key"]?.string))
        }
        return (tenants, keys)
    }

    @Test("P6: A second after a switch nothing of a disabled module is served, and nothing of an enabled one refused")
    func toggles() async throws {
        try await with { test in
            let (tenants, keys) = try await keys(test)
            try await test.withAnother { other in
                try await other.platform.control.load()
                let log = Log()
                let end = ContinuousClock.now + .seconds(8)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for seed in 1...4 {
                        group.addTask {
                            try await toggle(test, tenants, seed: UInt64(seed), until: end, log)
                        }
                    }
                    for seed in 11...26 {
                        group.addTask {
                            try await ask(other.url, keys, seed: UInt64(seed), until: end, log)
                        }
                    }
                    try await group.waitForAll()
                }
                judge(log.requests.withLock { $0 }, log.changes.withLock { $0 })
            }
        }
    }

    /// Switches a module of a tenant, as an admin does. No two tasks have a tenant in common.
    private func toggle(
        _ test: TestPlatform, _ tenants: [TenantID], seed: UInt64, until end: Instant, _ log: Log
    ) async throws {
        var generator = SeededGenerator(seed: seed)
        while ContinuousClock.now < end {
            let tenant = Int.random(in: 0..<tenants.count / 4, using: &generator) * 4 + Int(seed) - 1
            let pair = Pair(tenant: tenant, module: Int.random(in: 0..<12, using: &generator))
            let isOn = Bool.random(using: &generator)
            let began = ContinuousClock.now
            _ = try await test.platform.switches.change(
                Self.modules[pair.module], of: tenants[tenant], enabled: isOn, settings: nil)
            let change = Change(isOn: isOn, began: began, ended: .now)
            log.changes.withLock { $0[pair, default: []].append(change) }
        }
    }

    /// Asks a module of a tenant; half of the time one that was switched before.
    private func ask(
        _ url: String, _ keys: [String], seed: UInt64, until end: Instant, _ log: Log
    ) async throws {
        var generator = SeededGenerator(seed: seed)
        let client = TestClient(url)
        while ContinuousClock.now < end {
            let any = Pair(
                tenant: Int.random(in: 0..<keys.count, using: &generator),
                module: Int.random(in: 0..<12, using: &generator))
            let pair = Bool.random(using: &generator) ? log.changes.withLock { $0.keys.randomElement() } ?? any : any
            let began = ContinuousClock.now
            let answer = try await client.send(
                "GET", "/v1/\(Self.modules[pair.module])/ping", token: keys[pair.tenant])
            let code = answer.code ?? answer.json["module"]?.string ?? "\(answer.status)"
            let request = Request(pair: pair, began: began, ended: .now, code: code)
            log.requests.withLock { $0.append(request) }
        }
    }

    /// Holds each answer against the switch, where it was certain: changed long enough before, and not meanwhile.
    private func judge(_ requests: [Request], _ changes: [Pair: [Change]]) {
        var (certainOff, certainOn) = (0, 0)
        for request in requests {
            let history = changes[request.pair] ?? []
            let before = history.last { $0.ended + Self.limit <= request.began }
            let isUnsettled = history.contains {
                $0.ended + Self.limit > request.began && $0.began < request.ended
            }
            guard !isUnsettled else { continue }
            if before?.isOn == false {
                certainOff += 1
                #expect(request.code == "module_disabled")
            } else {
                certainOn += 1
                #expect(request.code == Self.modules[request.pair.module])
            }
        }
        let rate = requests.count / 8
        print(
            "\(requests.count) requests (\(rate)/s), \(changes.values.map(\.count).reduce(0, +)) changes: "
                + "\(certainOff) certainly off, \(certainOn) certainly on")
        #expect(certainOff > 100 && certainOn > 100)
    }
}
