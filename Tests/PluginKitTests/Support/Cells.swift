import Foundation
@_spi(Kernel) import PluginKit

/// One value of a result, byte for byte as PostgreSQL sends it in binary format; nil for NULL.
enum Cell {
    static func int8(_ number: Int64) -> [UInt8] { bytes(number.bigEndian) }
    static func int4(_ number: Int32) -> [UInt8] { bytes(number.bigEndian) }
    static func int2(_ number: Int16) -> [UInt8] { bytes(number.bigEndian) }
    static func oid(_ number: UInt32) -> [UInt8] { bytes(number.bigEndian) }
    static func float8(_ number: Double) -> [UInt8] { bytes(number.bitPattern.bigEndian) }
    static func float4(_ number: Float) -> [UInt8] { bytes(number.bitPattern.bigEndian) }
    static func bool(_ flag: Bool) -> [UInt8] { [flag ? 1 : 0] }
    static func text(_ text: String) -> [UInt8] { Array(text.utf8) }
    static func jsonb(_ document: String) -> [UInt8] { [1] + Array(document.utf8) }
    static func uuid(_ uuid: UUID) -> [UInt8] { bytes(uuid.uuid) }

    /// Microseconds since 1970, which the server counts from 2000.
    static func timestamp(_ instant: Timestamp) -> [UInt8] { int8(instant.microseconds - 946_684_800_000_000) }

    /// `text[]` of these dimensions, elements in storage order.
    static func textArray(_ elements: [String?], dimensions: [Int32]? = nil) -> [UInt8] {
        let dimensions = dimensions ?? (elements.isEmpty ? [] : [Int32(elements.count)])
        var cell = int4(Int32(dimensions.count)) + int4(elements.contains(nil) ? 1 : 0) + oid(25)
        for dimension in dimensions { cell += int4(dimension) + int4(1) }
        for element in elements {
            cell += element.map { int4(Int32($0.utf8.count)) + text($0) } ?? int4(-1)
        }
        return cell
    }

    private static func bytes<Value>(_ value: Value) -> [UInt8] {
        withUnsafeBytes(of: value) { Array($0) }
    }
}

/// The memory that the cells of a result point into.
private final class CellMemory {
    private var buffers: [UnsafeMutableRawBufferPointer] = []

    func hold(_ bytes: [UInt8]) -> UnsafeRawBufferPointer {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 1)
        buffer.copyBytes(from: bytes)
        buffers.append(buffer)
        return UnsafeRawBufferPointer(rebasing: buffer[..<bytes.count])
    }

    deinit {
        for buffer in buffers { buffer.deallocate() }
    }
}

extension ResultSet {
    /// A result made by hand.
    ///
    /// - Parameters:
    ///   - columns: names and types.
    ///   - rows: the cells of each row.
    convenience init(_ columns: KeyValuePairs<String, ColumnType>, _ rows: [[[UInt8]?]] = [], affected: Int = 0) {
        let memory = CellMemory()
        let cells = rows.joined().map { cell in cell.map(memory.hold) }
        self.init(
            columns: columns.map { Column(name: $0.key, type: $0.value) }, count: rows.count, affected: affected,
            cells: cells,
            owner: memory)
    }
}
