import Foundation
import Outbound
import PluginKit
import Synchronization
import TestKit
import Testing

extension LookUpThreads {
    @Suite("Name look-ups")
    struct NameLookUpTests {
        /// A resolver of which some names do not answer until they are let go.
        private final class Resolver: Sendable {
            let address = NetworkAddress(bytes: [192, 0, 2, 1])
            private let gate: (reading: Int32, writing: Int32)
            private let asked = Mutex<[String]>([])

            init() {
                var ends: [Int32] = [-1, -1]
                _ = pipe(&ends)
                gate = (ends[0], ends[1])
            }

            var names: [String] { asked.withLock { $0 } }

            func resolve(_ host: String) -> [NetworkAddress] {
                asked.withLock { $0.append(host) }
                var byte: UInt8 = 0
                if host.hasPrefix("slow") { _ = read(gate.reading, &byte, 1) }
                return [address]
            }

            /// Lets every name answer that hangs or is yet to.
            func release() {
                let bytes = [UInt8](repeating: 1, count: 64)
                _ = write(gate.writing, bytes, bytes.count)
            }
        }

        private static func ask(
            _ resolver: Resolver, _ host: String, for tenant: TenantID? = nil, within limit: Duration
        ) async -> [NetworkAddress] {
            await NameLookUp.addresses(of: host, for: tenant, until: ContinuousClock.now + limit) {
                resolver.resolve($0)
            }
        }

        @Test("Names that hang are given up in time, and what waited behind them for too long is never asked")
        func hanging() async {
            let resolver = Resolver()
            await withTaskGroup(of: [NetworkAddress].self) { group in
                for number in 0..<7 {
                    group.addTask { await Self.ask(resolver, "slow\(number)", within: .milliseconds(300)) }
                }
                // Meanwhile they hang.
                group.addTask { await Self.ask(resolver, "quick", within: .seconds(30)) }
                var found = 0
                for await addresses in group where addresses == [resolver.address] { found += 1 }
                #expect(found == 1)
            }
            // One more takes the last thread; now nobody is asked, and nobody waits for ever.
            let (last, late) = (
                await Self.ask(resolver, "slow7", within: .milliseconds(300)),
                await Self.ask(resolver, "late", within: .milliseconds(300))
            )
            #expect(last.isEmpty && late.isEmpty)
            resolver.release()
            #expect(await Self.ask(resolver, "after", within: .seconds(30)) == [resolver.address])
            #expect(resolver.names.contains("quick") && !resolver.names.contains("late"))
        }

        @Test("A tenant whose names hang keeps two threads, and everybody else's names are asked for all the same")
        func tenants() async throws {
            let resolver = Resolver()
            let (one, other) = (TenantID.make(), TenantID.make())
            try await withThrowingTaskGroup(of: [NetworkAddress].self) { group in
                for number in 0..<20 {
                    group.addTask { await Self.ask(resolver, "slow-\(number)", for: one, within: .seconds(60)) }
                }
                let areAsked = try await eventually { resolver.names.count == NameLookUp.threadsOfTenant }
                #expect(areAsked)
                for number in 0..<NameLookUp.threads {
                    let found = await Self.ask(resolver, "quick-\(number)", for: other, within: .seconds(30))
                    #expect(found == [resolver.address])
                }
                #expect(await Self.ask(resolver, "kernel", within: .seconds(30)) == [resolver.address])
                #expect(await Self.ask(resolver, "own", for: one, within: .milliseconds(300)) == [])
                #expect(resolver.names.count { $0.hasPrefix("slow") } == NameLookUp.threadsOfTenant)
                resolver.release()
                // What waited is asked for in its turn.
                for try await addresses in group { #expect(addresses == [resolver.address]) }
            }
            #expect(resolver.names.count { $0.hasPrefix("slow") } == 20)
            #expect(!resolver.names.contains("own"))
        }

        @Test("Whoever no longer waits gets nothing, although the name hangs")
        func cancelled() async {
            let resolver = Resolver()
            let task = Task { await Self.ask(resolver, "slow", within: .seconds(600)) }
            task.cancel()
            #expect(await task.value.isEmpty)
            resolver.release()
        }

        @Test("However many ask for a name that hangs, it takes one thread, and they get the same answer")
        func shared() async throws {
            let resolver = Resolver()
            try await withThrowingTaskGroup(of: [NetworkAddress].self) { group in
                for _ in 0..<(NameLookUp.threads * 2) {
                    group.addTask { await Self.ask(resolver, "slow-shared", within: .seconds(30)) }
                }
                try await Task.sleep(for: .milliseconds(200))
                resolver.release()
                for try await addresses in group { #expect(addresses == [resolver.address]) }
            }
            // Whoever came too late for the first answer may have asked once more.
            #expect(resolver.names.count < 4)
        }
    }
}
