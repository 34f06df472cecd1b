/// The header `Content-Disposition` of what is saved and never shown (RFC 6266).
enum ContentDisposition {
    /// The header for a file's name: in ASCII for old clients, and as RFC 8187 encodes it.
    static func attachment(_ name: String) -> String {
        let plain = String(
            name.unicodeScalars.map { scalar -> Character in
                let isSafe = (0x20...0x7E).contains(scalar.value) && !"\"\\%;".unicodeScalars.contains(scalar)
                return isSafe ? Character(scalar) : "_"
            })
        return "attachment; filename=\"\(plain)\"; filename*=UTF-8''\(PercentEncoding.encode(name))"
    }
}
