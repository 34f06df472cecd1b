import Foundation
@_spi(Kernel) import PluginKit
import Testing

@Suite("Page request")
struct PageRequestTests {
    @Test("the first page begins at the start given")
    func firstPageBegins() {
        let page = PageRequest(limit: 25, after: [])
        #expect(page.isFirst && page.fetchCount == 26)
        #expect(page.after(0, or: Timestamp.distantFuture) == .distantFuture)
        #expect(page.after(1, or: UUID.last) == .last)
    }

    @Test("a further page begins after the key of the last row")
    func furtherPageBegins() {
        let id = UUID.numbered(7)
        let page = PageRequest(limit: 1, after: ["1970-01-01T00:00:01.000000Z", .string(id.lowercased), 42])
        #expect(!page.isFirst)
        #expect(page.after(0, or: Timestamp.distantFuture) == Timestamp(microseconds: 1_000_000))
        #expect(page.after(1, or: UUID.last) == id)
        #expect(page.after(1, or: TenantID(.last)) == TenantID(id))
        #expect(page.after(2, or: 0) == 42)
    }

    @Test("a part that is missing or of another type begins at the start", arguments: [0, 1, 2, 3, 99])
    func wrongPartBeginsAtStart(position: Int) {
        let page = PageRequest(limit: 1, after: [nil, "no time", 1])
        #expect(page.after(position, or: Timestamp.distantFuture) == .distantFuture)
    }
}
