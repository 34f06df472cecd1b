import Testing

@testable import Postgres

@Suite("Command tag")
struct CommandTagTests {
    /// A tag as the server writes it, and what it says.
    struct Reading: CustomTestStringConvertible, Sendable {
        let text: String
        let command: String
        let affected: Int
        let isDataManipulation: Bool
        var testDescription: String { text }

        init(_ text: String, _ command: String, _ affected: Int, _ isDataManipulation: Bool) {
            self.text = text
            self.command = command
            self.affected = affected
            self.isDataManipulation = isDataManipulation
        }
    }

    @Test(
        "a tag says the command, how many rows, and whether it is about rows at all",
        arguments: [
            Reading("SELECT 25", "SELECT", 25, true), Reading("SELECT 0", "SELECT", 0, true),
            Reading("INSERT 0 1", "INSERT", 1, true),
            Reading("INSERT 0 0", "INSERT", 0, true), Reading("UPDATE 1000000", "UPDATE", 1_000_000, true),
            Reading("DELETE 3", "DELETE", 3, true),
            Reading("MERGE 2", "MERGE", 2, true), Reading("BEGIN", "BEGIN", 0, false),
            Reading("CREATE TABLE", "CREATE TABLE", 0, false),
            Reading("START TRANSACTION", "START TRANSACTION", 0, false), Reading("FETCH 5", "FETCH", 5, false),
            Reading("COPY 7", "COPY", 7, false),
            Reading("MOVE 5", "MOVE", 5, false), Reading("SET", "SET", 0, false), Reading("", "", 0, false),
            Reading("SELECTION 1", "SELECTION", 1, false),
            Reading("select 1", "select", 1, false), Reading("SELECT INTO", "SELECT INTO", 0, false),
            Reading("DISCARD ALL", "DISCARD ALL", 0, false),
        ])
    func tagIsRead(_ reading: Reading) {
        let tag = CommandTag(reading.text)
        #expect(tag.command == reading.command)
        #expect(tag.affected == reading.affected)
        #expect(tag.isDataManipulation == reading.isDataManipulation)
    }
}
