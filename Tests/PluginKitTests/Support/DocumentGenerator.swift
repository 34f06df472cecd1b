import Foundation
import PluginKit
import TestKit

/// Random JSON documents, and ways to damage them; the same for the same seed.
struct DocumentGenerator {
    private var generator: SeededGenerator

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    /// A document of at most this depth.
    mutating func value(depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 10 : 6), using: &generator) {
        case 0: return .null
        case 1: return .bool(.random(using: &generator))
        case 2: return .integer(.random(in: -1000...1000, using: &generator))
        case 3: return .integer(Int64(truncatingIfNeeded: generator.next()))
        case 4: return .number(.random(in: -1e9...1e9, using: &generator))
        case 5: return .string(text())
        case 6, 7: return .array((0..<Int.random(in: 0...4, using: &generator)).map { _ in value(depth: depth - 1) })
        default:
            return .object(
                (0..<Int.random(in: 0...4, using: &generator)).map { .init("\($0)" + text(), value(depth: depth - 1)) })
        }
    }

    private mutating func text() -> String {
        let alphabet: [Unicode.Scalar] = [
            "a", "z", " ", "\"", "\\", "/", "\n", "\u{01}", "\u{1F}", "\u{7F}", "é", "ш", "€", "🌼", "\u{FFFF}",
        ]
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...8, using: &generator) {
            text.append(alphabet[Int.random(in: 0..<alphabet.count, using: &generator)])
        }
        return String(text)
    }

    /// The document with one to three bytes changed, removed or put in, most of them such that mean something.
    mutating func damaged(_ document: [UInt8]) -> [UInt8] {
        let meaningful = Array(#"{}[]:,"\/ -+.0123456789eEtrufalsn"#.utf8) + [0x00, 0x0A, 0x0B, 0x80, 0xC3, 0xED, 0xFF]
        var bytes = document
        for _ in 0..<Int.random(in: 1...3, using: &generator) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            let byte = meaningful[Int.random(in: 0..<meaningful.count, using: &generator)]
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: bytes.remove(at: place)
            case 1: bytes.insert(byte, at: place)
            case 2: bytes[place] = byte
            default: bytes.insert(bytes[place], at: place)
            }
        }
        return bytes
    }
}

extension JSONSyntaxError {
    /// Whether Foundation has no such rule: it takes bytes with NUL for UTF-16, and `[1,]` for `[1]`.
    func isStricterThanFoundation(in document: [UInt8]) -> Bool {
        let rules = ["a name appears twice", "the NUL character", "nested deeper", "the number is too"]
        return rules.contains { reason.hasPrefix($0) } || document.contains(0)
            || offset < document.count && document[offset] == UInt8(ascii: "]") && reason == "a value is expected here"
    }
}

extension JSONValue {
    /// Whether Foundation's object says the same.
    func matches(_ foreign: Any) -> Bool {
        switch self {
        case .null: foreign is NSNull
        case .bool(let flag): (foreign as? NSNumber)?.boolValue == flag
        case .integer(let number): (foreign as? NSNumber)?.int64Value == number
        case .number(let number):
            // Foundation reads decimals by another way, which may miss the nearest double by a little.
            (foreign as? NSNumber).map { abs($0.doubleValue - number) <= abs(number) * 1e-14 } ?? false
        case .string(let text): (foreign as? String).map { Array($0.utf8) } == Array(text.utf8)
        case .array(let elements):
            (foreign as? [Any]).map { $0.count == elements.count && zip(elements, $0).allSatisfy { $0.matches($1) } }
                ?? false
        case .object(let members):
            (foreign as? [String: Any]).map { other in
                other.count == members.count
                    && members.allSatisfy { member in other[member.name].map(member.value.matches) ?? false }
            } ?? false
        }
    }
}
