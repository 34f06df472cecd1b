/// The server's word for what a statement did (PostgreSQL manual §55.7, CommandComplete).
struct CommandTag: Hashable, Sendable {
    /// The command, such as `INSERT` or `CREATE TABLE`.
    let command: String
    /// The number of rows it touched; 0 when the tag names none.
    let affected: Int

    /// Reads bytes instead of splitting words: this runs for every statement there is.
    init(_ text: String) {
        let bytes = text.utf8
        let space = UInt8(ascii: " ")
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        var place: (unit: Int, sum: Int) = (1, 0)
        for byte in bytes.reversed() {
            guard digits.contains(byte), place.unit < 1_000_000_000_000_000_000 else { break }
            place = (place.unit * 10, place.sum + Int(byte - digits.lowerBound) * place.unit)
        }
        affected = place.sum
        // The command ends where the first number begins.
        var previous: UInt8?
        let end = bytes.indices.first { index in
            defer { previous = bytes[index] }
            return previous == space && digits.contains(bytes[index])
        }
        command = end.map { String(text[..<bytes.index(before: $0)]) } ?? text
    }

    /// Whether a statement that only reads or changes rows answers with this tag.
    ///
    /// Everything that changes the connection itself (BEGIN, PREPARE, SET, LISTEN, …) answers with another one.
    var isDataManipulation: Bool {
        switch command {
        case "SELECT", "INSERT", "UPDATE", "DELETE", "MERGE": true
        default: false
        }
    }
}
