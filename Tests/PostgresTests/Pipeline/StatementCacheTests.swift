import PluginKit
import Testing

@testable import Postgres

@Suite("Statement cache")
struct StatementCacheTests {
    /// The name in a plan that has one.
    private func name(_ plan: StatementCache.Plan) -> String? {
        switch plan {
        case .named(let name), .prepare(let name): name
        case .unnamed: nil
        }
    }

    @Test("a statement is prepared first, goes without a name until the server has prepared it, and then by its name")
    func statementIsPrepared() throws {
        var cache = StatementCache()
        let first = cache.plan("SELECT $1", [.int(1)])
        let prepared = try #require(name(first))
        #expect(first == .prepare(prepared))
        let meanwhile = cache.plan("SELECT $1", [.int(2)])
        #expect(meanwhile == .unnamed)
        cache.confirm(prepared)
        let later = cache.plan("SELECT $1", [.int(3)])
        #expect(later == .named(prepared))
    }

    @Test("the same text with values of other types is never run by the same name")
    func typesMatter() throws {
        var cache = StatementCache()
        let prepared = try #require(name(cache.plan("SELECT $1", [.int(1)])))
        cache.confirm(prepared)
        let plans = [
            cache.plan("SELECT $1", [.double(1)]), cache.plan("SELECT $1", [.timestamp(.distantFuture)]),
            cache.plan("SELECT $1", [.null(.text)]),
            cache.plan("SELECT $1", [.null(.int)]),
        ]
        #expect(plans == [.unnamed, .unnamed, .unnamed, .named(prepared)])
    }

    @Test("a statement that was forgotten is prepared anew, under a name that was never used")
    func forgottenStatementIsPreparedAnew() throws {
        var cache = StatementCache()
        let first = try #require(name(cache.plan("SELECT 1", [])))
        cache.forget(first)
        cache.forget("no such name")
        let second = cache.plan("SELECT 1", [])
        #expect(second != .unnamed && second != .prepare(first))
        cache.confirm(first)
        let third = cache.plan("SELECT 1", [])
        #expect(third == .unnamed)
    }

    @Test("a full cache goes on without names, and one that was forgotten makes room")
    func cacheIsBounded() throws {
        var cache = StatementCache()
        let names = (0..<600).compactMap { name(cache.plan("SELECT \($0)", [])) }
        #expect(names.count == 512 && Set(names).count == 512)
        cache.forget(try #require(names.first))
        let further = [cache.plan("SELECT 1000", []), cache.plan("SELECT 1001", [])]
        #expect(further[0] != .unnamed && further[1] == .unnamed)
    }

    @Test("names of one connection cannot be told from those of another")
    func namesAreUnguessable() {
        let names = (0..<100).compactMap { _ in
            var cache = StatementCache()
            return name(cache.plan("SELECT 1", []))
        }
        #expect(Set(names).count == 100)
        #expect(names.allSatisfy { $0.utf8.count <= 63 })
    }
}
