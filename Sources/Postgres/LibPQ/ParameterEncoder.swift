internal import Foundation
internal import PluginKit

/// Bound values in PostgreSQL's binary format, laid out as libpq wants them.
struct ParameterEncoder {
    private var buffer: [UInt8] = []
    private var offsets: [Int] = []
    private var lengths: [Int32] = []

    init(_ binds: [Bind]) {
        offsets.reserveCapacity(binds.count)
        lengths.reserveCapacity(binds.count)
        for bind in binds { append(bind) }
    }

    /// Calls `body` with the pointers to the values, their lengths and their formats (all binary).
    mutating func withParameters(
        _ body: (UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> Bool
    ) -> Bool {
        let formats = [Int32](repeating: 1, count: offsets.count)
        return buffer.withUnsafeBytes { bytes in
            // An empty value still needs an address: a null pointer means NULL.
            let base = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1)
            let values = offsets.map { offset in
                offset < 0 ? nil : base.map { ($0 + offset).assumingMemoryBound(to: CChar.self) }
            }
            return values.withUnsafeBufferPointer { values in
                lengths.withUnsafeBufferPointer { lengths in
                    formats.withUnsafeBufferPointer { formats in
                        body(values.baseAddress, lengths.baseAddress, formats.baseAddress)
                    }
                }
            }
        }
    }

    private mutating func append(_ bind: Bind) {
        let start = buffer.count
        switch bind {
        case .null:
            offsets.append(-1)
            lengths.append(0)
            return
        case .bool(let flag): buffer.append(flag ? 1 : 0)
        case .int(let number): append(number)
        case .double(let number): append(number.bitPattern)
        case .text(let text): buffer.append(contentsOf: text.utf8)
        case .uuid(let uuid): append(uuid)
        case .timestamp(let instant): append(ParameterEncoder.microsecondsSince2000(instant))
        case .bytes(let bytes): buffer.append(contentsOf: bytes)
        case .json(let bytes):
            buffer.append(1)  // the version of jsonb's binary format
            buffer.append(contentsOf: bytes)
        case .textArray(let texts):
            append(arrayOf: texts, element: 25) { encoder, text in encoder.buffer.append(contentsOf: text.utf8) }
        case .uuidArray(let uuids): append(arrayOf: uuids, element: 2950) { $0.append($1) }
        case .intArray(let numbers): append(arrayOf: numbers, element: 20) { $0.append($1) }
        case .timestampArray(let instants):
            append(arrayOf: instants, element: 1184) { $0.append(ParameterEncoder.microsecondsSince2000($1)) }
        }
        offsets.append(start)
        lengths.append(Int32(buffer.count - start))
    }

    private static func microsecondsSince2000(_ instant: Timestamp) -> Int64 {
        instant.microseconds &- 946_684_800_000_000
    }

    private mutating func append(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.bigEndian) { buffer.append(contentsOf: $0) }
    }

    private mutating func append(_ uuid: UUID) {
        withUnsafeBytes(of: uuid.uuid) { buffer.append(contentsOf: $0) }
    }

    /// One dimension, no NULLs: dimensions, flags, element type, length, lower bound, then each element's length and bytes.
    private mutating func append<Element>(
        arrayOf elements: [Element], element: Int32, _ write: (inout ParameterEncoder, Element) -> Void
    ) {
        append(Int32(elements.isEmpty ? 0 : 1))
        append(Int32(0))
        append(element)
        guard !elements.isEmpty else { return }
        append(Int32(elements.count))
        append(Int32(1))
        for value in elements {
            let place = buffer.count
            append(Int32(0))
            write(&self, value)
            let length = Int32(buffer.count - place - 4)
            withUnsafeBytes(of: length.bigEndian) { buffer.replaceSubrange(place..<place + 4, with: $0) }
        }
    }
}
