internal import Foundation

/// The dynamic symbols of a 64-bit ELF file (System V ABI, chapter 4), of either machine we run on: both are
/// little-endian. Nothing in the file is trusted to lie where it says.
struct ElfSymbols {
    /// The names of the symbols that the file itself defines.
    private(set) var defined: [String] = []

    private static let dynamicSymbols: UInt32 = 11
    private static let sectionSize = 64
    private static let symbolSize = 24
    /// More than any plugin has; a file that claims more is none.
    private static let maximumSymbols = 2_000_000

    init(_ file: Data) {
        guard file.starts(with: [0x7F, 0x45, 0x4C, 0x46, 2, 1]), let start = file.number(at: 40, UInt64.self),
            let count = file.number(at: 60, UInt16.self)
        else { return }
        let sections = (0..<Int(count)).compactMap {
            Section(file, at: Int(min(start, UInt64(file.count))) + $0 * Self.sectionSize)
        }
        for section in sections where section.kind == Self.dynamicSymbols && Int(section.link) < sections.count {
            let names = sections[Int(section.link)]
            for index in 0..<min(section.size / Self.symbolSize, Self.maximumSymbols) {
                let place = section.offset + index * Self.symbolSize
                guard let name = file.number(at: place, UInt32.self),
                    let home = file.number(at: place + 6, UInt16.self),
                    home != 0, let text = file.text(at: names.offset + Int(name))
                else { continue }
                defined.append(text)
            }
        }
    }

    private struct Section {
        let kind: UInt32
        let offset: Int
        let size: Int
        let link: UInt32

        init?(_ file: Data, at place: Int) {
            guard let kind = file.number(at: place + 4, UInt32.self),
                let offset = file.number(at: place + 24, UInt64.self),
                let size = file.number(at: place + 32, UInt64.self), let link = file.number(at: place + 40, UInt32.self)
            else { return nil }
            self.kind = kind
            // No further than the file: then no sum of the two overflows.
            self.offset = Int(min(offset, UInt64(file.count)))
            self.size = Int(min(size, UInt64(file.count)))
            self.link = link
        }
    }
}

extension Data {
    /// A little-endian number; nil when it does not lie in the file.
    fileprivate func number<Number: FixedWidthInteger>(at place: Int, _: Number.Type) -> Number? {
        let size = MemoryLayout<Number>.size
        guard place >= 0, place <= count - size else { return nil }
        var number: Number = 0
        for offset in (0..<size).reversed() { number = number << 8 | Number(self[startIndex + place + offset]) }
        return number
    }

    /// The text up to the next NUL; nil when it does not lie in the file.
    fileprivate func text(at place: Int) -> String? {
        guard place >= 0, place < count else { return nil }
        let rest = self[(startIndex + place)...].prefix(4096)
        guard let end = rest.firstIndex(of: 0) else { return nil }
        return String(decoding: rest[..<end], as: UTF8.self)
    }
}
