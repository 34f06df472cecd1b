public import Foundation

/// A Swift type that can be read from a column in PostgreSQL's binary format.
public protocol ColumnDecodable {
    /// Reads a value; nil when `cell` is NULL or the column's type does not fit.
    init?(cell: UnsafeRawBufferPointer?, type: ColumnType)
}

extension UnsafeRawBufferPointer {
    /// The integer in network order at the start.
    @inline(__always)
    func bigEndian<Number: FixedWidthInteger>(_: Number.Type) -> Number {
        Number(bigEndian: loadUnaligned(as: Number.self))
    }

    /// The text as a string, NUL-free by the server's own rule and UTF-8 by the connection's encoding.
    func decodedText() -> String {
        String(decoding: self, as: UTF8.self)
    }

    /// The microseconds since 1970 of a binary `timestamptz`, which counts from 2000-01-01; `infinity` is the last instant.
    @inline(__always)
    func timestamp() -> Timestamp {
        let (microseconds, isEndless) = bigEndian(Int64.self).addingReportingOverflow(946_684_800_000_000)
        return Timestamp(microseconds: isEndless ? .max : microseconds)
    }
}

extension Bool: ColumnDecodable {
    /// Reads a `boolean` column.
    public init?(cell: UnsafeRawBufferPointer?, type: ColumnType) {
        guard let cell, type == .bool else { return nil }
        self = cell[0] != 0
    }
}

extension Int64: ColumnDecodable {
    /// Reads an integer column of any width.
    public init?(cell: UnsafeRawBufferPointer?, type: ColumnType) {
        guard let cell else { return nil }
        switch type {
        case .int8: self = cell.bigEndian(Int64.self)
        case .int4: self = Int64(cell.bigEndian(Int32.self))
        case .int2: self = Int64(cell.bigEndian(Int16.self))
        case .oid: self = Int64(cell.bigEndian(UInt32.self))
        default: return nil
        }
    }
}

extension Int: ColumnDecodable {
    /// Reads an integer column of any width.
    public init?(cell: UnsafeRawBufferPointer?, type: ColumnType) {
        guard let value = Int64(cell: cell, type: type) else { return nil }
        self.init(value)
    }
}

extension Double: ColumnDecodable {
    /// Reads a floating-point column.
    public init?(cell: UnsafeRawBufferPointer?, type: ColumnType) {
        guard let cell else { return nil }
        switch type {
        case .float8: self = Double(bitPattern: cell.bigEndian(UInt64.self))
        case .float4: self = Double(Float(bitPattern: cell.bigEndian(UInt32.self)))
        default: return nil
        }
    }
}

extension String: ColumnDecodable {
    /// Reads a text or JSON column.
    public init?(cell: UnsafeRawBufferPointer?, type: ColumnType) {
        guard let cell else { return nil }
        switch type {
        case .text, .varchar, .json, .name, .char: self = cell.decodedText()
        case .jsonb: self = UnsafeRawBufferPointer(rebasing: cell.dropFirst()).decodedText()
        default: return nil
        }
    }
}

extension UUID: ColumnDecodable {
    /// Reads a `uuid` column.
    public init?(cell: UnsafeRawBufferPointer?, type: ColumnType) {
        guard let cell, type == .uuid else { return nil }
        self.init(uuid: cell.loadUnaligned(as: uuid_t.self))
    }
}

extension ID: ColumnDecodable {
    /// Reads a `uuid` column.
    public init?(cell: UnsafeRawBufferPointer?, type: ColumnType) {
        guard let uuid = UUID(cell: cell, type: type) else { return nil }
        self.init(uuid)
    }
}

extension Timestamp: ColumnDecodable {
    /// Reads a `timestamptz` column.
    public init?(cell: UnsafeRawBufferPointer?, type: ColumnType) {
        guard let cell, type == .timestamptz else { return nil }
        self = cell.timestamp()
    }
}

extension [UInt8]: ColumnDecodable {
    /// Reads a `bytea` column.
    public init?(cell: UnsafeRawBufferPointer?, type: ColumnType) {
        guard let cell, type == .bytes else { return nil }
        self = Array(cell)
    }
}

extension JSONValue: ColumnDecodable {
    /// Reads a JSON column.
    public init?(cell: UnsafeRawBufferPointer?, type: ColumnType) {
        guard let text = String(cell: cell, type: type), type == .json || type == .jsonb,
            let value = try? JSONParser.parse(Array(text.utf8))
        else { return nil }
        self = value
    }
}

extension Optional: ColumnDecodable where Wrapped: ColumnDecodable {
    /// Reads a column that may be NULL.
    public init?(cell: UnsafeRawBufferPointer?, type: ColumnType) {
        guard cell != nil else {
            self = .none
            return
        }
        guard let value = Wrapped(cell: cell, type: type) else { return nil }
        self = .some(value)
    }
}
