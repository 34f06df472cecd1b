import Foundation

/// The one accepted spelling of a UUID (RFC 9562 section 4): 36 ASCII characters, digits in lower case.
enum CanonicalUUID {
    /// The UUID `text` stands for; `nil` for any other spelling, upper case, braces and look-alikes included.
    static func parse(_ text: String) -> UUID? {
        guard text.utf8.count == 36 else { return nil }
        for (position, character) in text.utf8.enumerated() {
            switch (position, character) {
            case (8, UInt8(ascii: "-")), (13, UInt8(ascii: "-")), (18, UInt8(ascii: "-")), (23, UInt8(ascii: "-")):
                continue
            case (8, _), (13, _), (18, _), (23, _): return nil
            case (_, UInt8(ascii: "0")...UInt8(ascii: "9")), (_, UInt8(ascii: "a")...UInt8(ascii: "f")): continue
            default: return nil
            }
        }
        return UUID(uuidString: text)
    }

    /// The accepted spelling of `id`.
    static func text(_ id: UUID) -> String {
        id.uuidString.lowercased()
    }
}
