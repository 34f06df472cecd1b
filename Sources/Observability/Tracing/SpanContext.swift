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
        SpanContext(trace: trace, span: SpanID(bits: RandomBits.one()), isSampled: isSampled)
    }

    /// The first span of a new trace.
    static func first(isSampled: (TraceID) -> Bool) -> SpanContext {
        let (high, low, span) = RandomBits.three()
        let trace = TraceID(high: high, low: low)
        return SpanContext(trace: trace, span: SpanID(bits: span), isSampled: isSampled(trace))
    }
}

extension SpanContext.TraceID: CustomStringConvertible {
    /// 32 lower-case hexadecimal digits.
    package var description: String { LowerHex.text([high, low]) }
}

extension SpanContext.SpanID: CustomStringConvertible {
    /// 16 lower-case hexadecimal digits.
    package var description: String { LowerHex.text([bits]) }
}

/// Random numbers of the system, none of which is zero. Ids that could be foretold would tell a client how many
/// requests others make.
private enum RandomBits {
    static func one() -> UInt64 { UInt64.random(in: 1 ... .max) }

    /// Three numbers for one call of the system.
    static func three() -> (UInt64, UInt64, UInt64) {
        var bits: (UInt64, UInt64, UInt64) = (0, 0, 0)
        let isFilled = withUnsafeMutableBytes(of: &bits) { getentropy($0.baseAddress, $0.count) == 0 }
        guard isFilled, bits.0 != 0, bits.1 != 0, bits.2 != 0 else { return (one(), one(), one()) }
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
