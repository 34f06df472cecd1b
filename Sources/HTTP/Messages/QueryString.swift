internal import PluginKit

/// The parameters of a query string, in order.
enum QueryString {
    /// How many parameters a request may have.
    static let maximumCount = 50

    /// - Throws: `Problem` 400 when the encoding is broken or there are too many.
    static func parse(_ query: String?) throws -> [(name: String, value: String)] {
        guard let query, !query.isEmpty else { return [] }
        let pairs = query.split(separator: "&", omittingEmptySubsequences: true)
        guard pairs.count <= maximumCount else {
            throw Problem(status: 400, code: "query_invalid", detail: "There are too many query parameters.")
        }
        return try pairs.map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decode(parts[0], plusIsSpace: true),
                let value = PercentEncoding.decode(parts.count == 2 ? parts[1] : "", plusIsSpace: true)
            else {
                throw Problem(
                    status: 400, code: "query_invalid", detail: "The query string is not encoded as it must be.")
            }
            return (name, value)
        }
    }
}
