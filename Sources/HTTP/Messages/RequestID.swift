internal import Foundation
internal import PluginKit

/// The id that ties an answer to its log lines.
enum RequestID {
    /// The caller's own id when it is a short plain word, else a new one.
    static func make(from header: String?) -> String {
        if let header, (8...64).contains(header.utf8.count), header.utf8.allSatisfy(isPlain) { return header }
        return UUID.version7().lowercased
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 45 || byte == 95
    }
}
