import Foundation
import PluginKit

/// What commands say: results on standard output, progress on standard error.
enum Output {
    /// A result: as JSON with `--json`, else the text.
    static func result(_ json: JSONValue, _ text: @autoclosure () -> String, asJSON: Bool) {
        let line = asJSON ? String(decoding: json.encoded(), as: UTF8.self) : text()
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }

    /// A line about what is being done.
    static func progress(_ line: String) {
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }

    /// Columns set under each other.
    static func table(_ rows: [[String]]) -> String {
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }.joined(separator: "  ")
                .trimmingCharacters(in: .whitespaces)
        }.joined(separator: "\n")
    }
}
