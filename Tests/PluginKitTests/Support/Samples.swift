import Foundation
@_spi(Kernel) import PluginKit

/// An object of the API as tests need one.
struct Note: Payload {
    static let schema = Schema(
        "Note",
        [
            Field("id", .uuid, example: "01920000-0000-7000-8000-000000000001"),
            Field("title", .text(max: 20), example: "A title"),
            Field("stars", .integer, nullable: true, example: 3),
        ])

    static let columns: KeyValuePairs<String, ColumnType> = ["id": .uuid, "title": .text, "stars": .int8]

    /// A result of notes.
    static func result(_ rows: [(id: UUID, title: String, stars: Int64?)]) -> ResultSet {
        ResultSet(columns, rows.map { [Cell.uuid($0.id), Cell.text($0.title), $0.stars.map(Cell.int8)] })
    }
}

extension [UInt8] {
    /// The bytes as text.
    var text: String { String(decoding: self, as: UTF8.self) }
}

extension UUID {
    /// A UUID that is told from others by its last digits.
    static func numbered(_ number: UInt64) -> UUID {
        UUID(high: 0x0192_0000_0000_7000, low: 0x8000_0000_0000_0000 | number)
    }
}
