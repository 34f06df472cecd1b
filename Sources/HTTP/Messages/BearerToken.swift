internal import HTTPTypes
internal import Hummingbird

extension Hummingbird.Request {
    /// The token of `Authorization: Bearer …` (RFC 6750 §2.1).
    var bearer: String? {
        guard let header = headers[.authorization], header.utf8.count > 7, header.prefix(7).lowercased() == "bearer "
        else {
            return nil
        }
        return String(header.dropFirst(7))
    }
}
