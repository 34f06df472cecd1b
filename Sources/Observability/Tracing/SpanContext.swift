internal import Foundation

/// Where a piece of work stands in a trace: which trace, which span, and whether it is recorded.
package struct SpanContext: Hashable, Sendable {
    /// 16 bytes that are not all zero.
    package struct TraceID: Hashable, Sendable {
        let high: UInt64
        let low: UInt64
    }

    /// 8 bytes that are not all zero.
    package struct SpanID: Hashable, Sendable {
        let bits: UInt64
    }

    package let trace: TraceID
    package let span: SpanID
    /// Whether the caller asked, or chance decided, that the spans of this trace are recorded.
    package let isSampled: Bool

    init(trace: TraceID, span: SpanID, isSampled: Bool) {
        self.trace = trace
        self.span = span
        self.isSampled = isSampled
    }

    /// A new span of the same trace.
    func child() -> SpanContext {
        SpanContext(trace: trace, span: .random(), isSampled: isSampled)
    }
}

extension SpanContext.TraceID: CustomStringConvertible {
    /// A new id.
    static func random() -> Self {
        let (high, low) = RandomBits.pair()
        return high | low == 0 ? random() : Self(high: high, low: low)
    }

    /// 32 lower-case hexadecimal digits.
    package var description: String { LowerHex.text([high, low]) }
}

extension SpanContext.SpanID: CustomStringConvertible {
    /// A new id.
    static func random() -> Self {
        let (bits, _) = RandomBits.pair()
        return bits == 0 ? random() : Self(bits: bits)
    }

    /// 16 lower-case hexadecimal digits.
    package var description: String { LowerHex.text([bits]) }
}

/// Random numbers of the system. Ids that could be foretold would tell a client how many requests others make.
private enum RandomBits {
    /// Two numbers for one call of the system.
    static func pair() -> (UInt64, UInt64) {
        var bits: (UInt64, UInt64) = (0, 0)
        let isFilled = withUnsafeMutableBytes(of: &bits) { getentropy($0.baseAddress, $0.count) == 0 }
        guard isFilled else {
            var generator = SystemRandomNumberGenerator()
            return (generator.next(), generator.next())
        }
        return bits
    }
}

/// Numbers as lower-case hexadecimal digits, 16 each.
private enum LowerHex {
    static func text(_ numbers: [UInt64]) -> String {
        String(unsafeUninitializedCapacity: numbers.count * 16) { buffer in
            for (index, number) in numbers.enumerated() {
                for position in 0..<16 {
                    let nibble = UInt8(truncatingIfNeeded: number >> UInt64(60 - position * 4)) & 15
                    buffer[index * 16 + position] =
                        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
                }
            }
            return numbers.count * 16
        }
    }
}
