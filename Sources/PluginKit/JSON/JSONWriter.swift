import Foundation

/// Writes JSON (RFC 8259) as UTF-8, straight from values and from rows in PostgreSQL's binary format.
public struct JSONWriter {
    /// What was written.
    public private(set) var bytes: [UInt8] = []

    /// - Parameter capacity: bytes to set aside.
    public init(capacity: Int) {
        bytes.reserveCapacity(capacity)
    }

    /// Writes bytes that are JSON already.
    public mutating func raw(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Writes bytes that are JSON already.
    public mutating func raw(_ json: [UInt8]) {
        bytes.append(contentsOf: json)
    }

    /// Writes a document.
    public mutating func write(_ value: JSONValue) {
        switch value {
        case .null: raw("null")
        case .bool(let flag): flag ? raw("true") : raw("false")
        case .integer(let number): write(number)
        case .number(let number): write(number)
        case .string(let text): write(text)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                write(element)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                write(member.name)
                bytes.append(UInt8(ascii: ":"))
                write(member.value)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    /// Writes a whole number.
    public mutating func write(_ number: Int64) {
        if (0..<10).contains(number) {
            bytes.append(UInt8(ascii: "0") + UInt8(number))
        } else {
            bytes.append(contentsOf: String(number).utf8)
        }
    }

    /// Writes a number; JSON has none for infinity and not-a-number, so these become null.
    public mutating func write(_ number: Double) {
        if number.isFinite { bytes.append(contentsOf: "\(number)".utf8) } else { raw("null") }
    }

    /// Writes text in quotes.
    public mutating func write(_ text: String) {
        var text = text
        text.withUTF8 { writeText(UnsafeRawBufferPointer($0)) }
    }

    /// Writes UTF-8 in quotes, escaping what must be: quotes, backslashes and control characters.
    mutating func writeText(_ utf8: UnsafeRawBufferPointer) {
        bytes.append(UInt8(ascii: "\""))
        var clean = 0
        for index in 0..<utf8.count where JSONWriter.needsEscape(utf8[index]) {
            bytes.append(contentsOf: utf8[clean..<index])
            writeEscape(utf8[index])
            clean = index + 1
        }
        bytes.append(contentsOf: clean == 0 ? utf8 : UnsafeRawBufferPointer(rebasing: utf8[clean...]))
        bytes.append(UInt8(ascii: "\""))
    }

    @inline(__always)
    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func writeEscape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): raw("\\\"")
        case UInt8(ascii: "\\"): raw("\\\\")
        case 0x0A: raw("\\n")
        case 0x0D: raw("\\r")
        case 0x09: raw("\\t")
        default:
            raw("\\u00")
            bytes.append(UInt8(ascii: "0") + (byte >> 4))
            let low = byte & 15
            bytes.append(low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + low - 10)
        }
    }
}

extension JSONWriter {
    /// Writes one row as an object whose member names are `keys`, each already `"name":`.
    mutating func write(_ result: ResultSet, row: Int, keys: [[UInt8]]) {
        bytes.append(UInt8(ascii: "{"))
        for column in result.columns.indices {
            if column > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(contentsOf: keys[column])
            write(cell: result.cell(row, column), type: result.columns[column].type)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func write(cell: UnsafeRawBufferPointer?, type: ColumnType) {
        guard let cell else { return raw("null") }
        switch type {
        case .uuid:
            quoted(width: 36) { UUID.writeCanonical(cell, into: $0) }
        case .timestamptz:
            let instant = cell.timestamp()
            quoted(width: Timestamp.width) { instant.write(into: $0) }
        case .text, .varchar, .name, .char: writeText(cell)
        case .int8: write(cell.bigEndian(Int64.self))
        case .int4: write(Int64(cell.bigEndian(Int32.self)))
        case .int2: write(Int64(cell.bigEndian(Int16.self)))
        case .oid: write(Int64(cell.bigEndian(UInt32.self)))
        case .bool: cell[0] != 0 ? raw("true") : raw("false")
        case .json: bytes.append(contentsOf: cell)
        case .jsonb: bytes.append(contentsOf: cell.dropFirst())
        case .float8: write(Double(bitPattern: cell.bigEndian(UInt64.self)))
        case .float4: write(Double(Float(bitPattern: cell.bigEndian(UInt32.self))))
        case .bytes: write(Data(cell).base64EncodedString())
        case .textArray: writeTextArray(cell)
        case .void: raw("null")
        }
    }

    private mutating func quoted(width: Int, _ body: (UnsafeMutableRawBufferPointer) -> Void) {
        bytes.append(UInt8(ascii: "\""))
        withUnsafeTemporaryAllocation(byteCount: width, alignment: 1) { scratch in
            body(scratch)
            bytes.append(contentsOf: UnsafeRawBufferPointer(scratch))
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// A `text[]`: 3 words of header and 2 for each dimension, then a length and the bytes of each element.
    /// SQL chooses the dimensions; the elements of more than one are written in one list.
    private mutating func writeTextArray(_ cell: UnsafeRawBufferPointer) {
        bytes.append(UInt8(ascii: "["))
        let start = 12 + 8 * Int(cell.bigEndian(Int32.self))
        var offset = start
        while offset + 4 <= cell.count {
            if offset > start { bytes.append(UInt8(ascii: ",")) }
            let length = Int(UnsafeRawBufferPointer(rebasing: cell[offset...]).bigEndian(Int32.self))
            offset += 4
            // A length that leads out of the cell would show what lies behind it in memory.
            if length < 0 || length > cell.count - offset {
                raw("null")
            } else {
                writeText(UnsafeRawBufferPointer(rebasing: cell[offset..<offset + length]))
                offset += length
            }
        }
        bytes.append(UInt8(ascii: "]"))
    }
}
