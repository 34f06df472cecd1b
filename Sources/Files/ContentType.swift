/// What bytes are, told by the bytes: never by what a client says, and never something that a browser would run.
package enum ContentType {
    /// How many bytes of the beginning are looked at.
    package static let headLength = 4096
    /// What is not known.
    package static let unknown = "application/octet-stream"
    /// Text in UTF-8, whatever language it is written in; markup and scripts are served as it.
    package static let text = "text/plain"

    /// Every type there is.
    package static let all = Array(Set(signatures.map(\.type) + [unknown, text])).sorted()

    /// Bytes at a place, and maybe others at another, that say what a content is.
    private struct Signature {
        let type: String
        let parts: [(offset: Int, bytes: [UInt8])]

        init(_ type: String, _ bytes: [UInt8], at offset: Int = 0, and other: (Int, String)? = nil) {
            self.type = type
            parts = [(offset, bytes)] + (other.map { [($0.0, Array($0.1.utf8))] } ?? [])
        }

        init(_ type: String, _ text: String, at offset: Int = 0, and other: (Int, String)? = nil) {
            self.init(type, Array(text.utf8), at: offset, and: other)
        }

        func matches(_ head: [UInt8]) -> Bool {
            parts.allSatisfy { part in
                head.count >= part.offset + part.bytes.count && head[part.offset...].starts(with: part.bytes)
            }
        }
    }

    /// In order: a more special one stands before a more general one.
    private static let signatures: [Signature] = [
        Signature("image/png", [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]),
        Signature("image/jpeg", [0xFF, 0xD8, 0xFF]),
        Signature("image/gif", "GIF87a"), Signature("image/gif", "GIF89a"),
        Signature("image/webp", "RIFF", and: (8, "WEBP")),
        Signature("image/bmp", [0x42, 0x4D], and: (6, "\0\0\0\0")),
        Signature("image/tiff", [0x49, 0x49, 0x2A, 0x00]), Signature("image/tiff", [0x4D, 0x4D, 0x00, 0x2A]),
        Signature("image/avif", "ftypavif", at: 4), Signature("image/heic", "ftypheic", at: 4),
        Signature("application/pdf", "%PDF-"),
        Signature("application/zip", [0x50, 0x4B, 0x03, 0x04]), Signature("application/zip", [0x50, 0x4B, 0x05, 0x06]),
        Signature("application/gzip", [0x1F, 0x8B, 0x08]),
        Signature("application/x-7z-compressed", [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]),
        Signature("application/x-xz", [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]),
        Signature("application/x-bzip2", "BZh", and: (4, "1AY&SY")),
        Signature("application/zstd", [0x28, 0xB5, 0x2F, 0xFD]),
        Signature("application/x-tar", "ustar", at: 257),
        Signature("audio/wav", "RIFF", and: (8, "WAVE")), Signature("video/x-msvideo", "RIFF", and: (8, "AVI ")),
        Signature("audio/flac", "fLaC"), Signature("audio/ogg", "OggS"),
        Signature("audio/mpeg", "ID3"), Signature("audio/mpeg", [0xFF, 0xFB]), Signature("audio/mpeg", [0xFF, 0xF3]),
        Signature("audio/mpeg", [0xFF, 0xF2]),
        Signature("audio/mp4", "ftypM4A", at: 4), Signature("video/quicktime", "ftypqt", at: 4),
        Signature("video/mp4", "ftyp", at: 4),
        Signature("video/webm", [0x1A, 0x45, 0xDF, 0xA3]),
    ]

    /// The type of a content by its first `headLength` bytes.
    package static func sniff(_ head: [UInt8]) -> String {
        if let signature = signatures.first(where: { $0.matches(head) }) { return signature.type }
        return isText(head) ? text : unknown
    }

    /// Whether it is UTF-8 without control characters but those of plain text; the end may cut a character in two.
    private static func isText(_ head: [UInt8]) -> Bool {
        guard !head.isEmpty else { return false }
        let isPlain = head.allSatisfy { $0 >= 0x20 && $0 != 0x7F || [0x09, 0x0A, 0x0C, 0x0D].contains($0) }
        guard isPlain else { return false }
        let longest = head.count == headLength ? 3 : 0
        return (0...longest).contains { String(validating: head.dropLast($0), as: UTF8.self) != nil }
    }
}
