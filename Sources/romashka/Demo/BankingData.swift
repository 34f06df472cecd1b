import Foundation
import Platform

/// Questions to a bank (PolyAI-LDN/task-specific-datasets, banking77, CC BY 4.0).
enum BankingData {
    struct Question {
        let text: String
        let category: String
    }

    /// - Throws: `ConfigurationError` when the file is missing or not as expected.
    static func questions(in folder: String) throws -> [Question] {
        let path = "\(folder)/banking77/train.csv"
        guard let data = FileManager.default.contents(atPath: path), let text = String(validating: data, as: UTF8.self)
        else {
            throw ConfigurationError(.fileUnreadable, "\(path) cannot be read")
        }
        let rows = CSV.rows(text)
        guard rows.first == ["text", "category"] else {
            throw ConfigurationError(.demoDataInvalid, "\(path) must have the columns text,category")
        }
        return try rows.dropFirst().enumerated().map { index, row in
            guard row.count == 2, !row[0].isEmpty else {
                throw ConfigurationError(.demoDataInvalid, "\(path): row \(index + 2) lacks a column")
            }
            return Question(text: row[0], category: row[1])
        }
    }
}

/// Comma-separated values (RFC 4180).
enum CSV {
    /// The rows; a quoted field may hold commas, doubled quotes and line breaks.
    static func rows(_ text: String) -> [[String]] {
        var rows: [[String]] = []
        var row: [String] = []
        var field: [UInt8] = []
        var isQuoted = false
        var wasQuote = false
        for byte in text.utf8 {
            if isQuoted, byte == UInt8(ascii: "\"") {
                isQuoted = false
                wasQuote = true
                continue
            }
            if wasQuote, byte == UInt8(ascii: "\"") {
                field.append(byte)
                isQuoted = true
            } else if byte == UInt8(ascii: "\""), field.isEmpty {
                isQuoted = true
            } else if isQuoted {
                field.append(byte)
            } else if byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\n") {
                row.append(String(decoding: field, as: UTF8.self))
                field = []
                if byte == UInt8(ascii: "\n") {
                    rows.append(row)
                    row = []
                }
            } else if byte != UInt8(ascii: "\r") {
                field.append(byte)
            }
            wasQuote = false
        }
        if !field.isEmpty || !row.isEmpty { rows.append(row + [String(decoding: field, as: UTF8.self)]) }
        return rows
    }
}
