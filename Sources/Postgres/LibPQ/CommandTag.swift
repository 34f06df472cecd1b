/// The server's word for what a statement did (PostgreSQL manual §55.7, CommandComplete).
struct CommandTag: Hashable, Sendable {
    /// The command, such as `INSERT` or `CREATE TABLE`.
    let command: String
    /// The number of rows it touched; 0 when the tag names none.
    let affected: Int

    init(_ text: String) {
        let words = text.split(separator: " ")
        affected = words.last.flatMap { Int($0) } ?? 0
        command = words.prefix { Int($0) == nil }.joined(separator: " ")
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
