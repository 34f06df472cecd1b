import Foundation
import PluginKit
import Testing

@testable import Events

@Suite("Whisper ear")
struct WhisperEarTests {
    private typealias Said = (at: Timestamp, id: UUID)

    private static let start = Timestamp(microseconds: 1_800_000_000_000_000)

    private static func say(_ count: Int, every gap: Duration, from start: Timestamp = start) -> [Said] {
        (0..<count).map { (start.advanced(by: gap * $0), UUID()) }
    }

    /// What a look finds, as the reader's statement has it.
    private static func page(_ said: [Said], _ ear: WhisperEar) -> [Said] {
        let behind = said.filter {
            ($0.at, $0.id.uuidString) > (ear.position.at, ear.position.id.uuidString)
        }
        let sorted = behind.sorted { ($0.at, $0.id.uuidString) < ($1.at, $1.id.uuidString) }
        return Array(sorted.prefix(WhisperEar.pageSize))
    }

    @Test("However many are said in one moment, each is heard once, in a few looks")
    func crowd() {
        let said = Self.say(1500, every: .microseconds(100))
        var ear = WhisperEar(from: Self.start)
        var heard: [UUID] = []
        for _ in 0..<40 {
            let page = Self.page(said, ear)
            heard += ear.take(page).map { page[$0].id }
        }
        #expect(heard.count == 1500 && Set(heard) == Set(said.map(\.id)))
    }

    @Test("What is committed a little late is heard, and nothing twice")
    func late() {
        var said = Self.say(3, every: .milliseconds(300))
        var ear = WhisperEar(from: Self.start)
        let first = Self.page(said, ear)
        #expect(ear.take(first).count == 3 && !ear.hasMore)
        let late = (at: Self.start.advanced(by: .milliseconds(400)), id: UUID())
        said.append(late)
        let second = Self.page(said, ear)
        #expect(ear.take(second).map { second[$0].id } == [late.id])
        let third = Self.page(said, ear)
        #expect(ear.take(third).isEmpty)
    }
}
