internal import Cryptography
package import PluginKit

/// Signs requests as AWS Signature Version 4 says ("Authenticating Requests: Using the Authorization Header", S3 API
/// reference).
package struct S3Signature: Sendable {
    /// A request as far as it is signed.
    package struct Message: Sendable {
        let method: String
        /// Encoded, from the slash on.
        let path: String
        /// Names and values, not encoded.
        var query: [(name: String, value: String)] = []
        /// Names in lower case; `host` is among them.
        var headers: [(name: String, value: String)]
        /// SHA-256 of the body, in hexadecimal digits.
        var payload = S3Signature.emptyPayload

        package init(
            _ method: String, _ path: String, query: [(name: String, value: String)] = [],
            headers: [(name: String, value: String)], payload: String = S3Signature.emptyPayload
        ) {
            self.method = method
            self.path = path
            self.query = query
            self.headers = headers
            self.payload = payload
        }
    }

    /// SHA-256 of no bytes.
    package static let emptyPayload = Hex.encode(SHA256.digest(""))

    private let region: String
    private let accessKeyID: String
    private let secretAccessKey: String

    package init(region: String, accessKeyID: String, secretAccessKey: String) {
        self.region = region
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
    }

    /// The headers of a request that is signed: its own, and those that the signature needs.
    package func sign(_ message: Message, at instant: Timestamp) -> [(name: String, value: String)] {
        let time = S3Signature.basic(instant)
        let day = String(time.prefix(8))
        let headers =
            (message.headers + [("x-amz-content-sha256", message.payload), ("x-amz-date", time)])
            .sorted { $0.name < $1.name }
        let names = headers.map(\.name).joined(separator: ";")
        let canonical =
            [message.method, message.path, S3Signature.queryText(message.query)]
            + headers.map { "\($0.name):\($0.value)" } + ["", names, message.payload]
        let scope = "\(day)/\(region)/s3/aws4_request"
        let text = [
            "AWS4-HMAC-SHA256", time, scope, Hex.encode(SHA256.digest(canonical.joined(separator: "\n"))),
        ].joined(separator: "\n")
        let key = [day, region, "s3", "aws4_request"].reduce(Array("AWS4\(secretAccessKey)".utf8)) { key, part in
            HMACSHA256.authenticate(Array(part.utf8), key: key)
        }
        let signature = Hex.encode(HMACSHA256.authenticate(Array(text.utf8), key: key))
        let credential = "AWS4-HMAC-SHA256 Credential=\(accessKeyID)/\(scope)"
        return headers + [("authorization", "\(credential),SignedHeaders=\(names),Signature=\(signature)")]
    }

    /// A query as it is signed, and as it is sent: sorted, with everything but unreserved characters encoded.
    static func queryText(_ query: [(name: String, value: String)]) -> String {
        query.map { "\(encode($0.name))=\(encode($0.value))" }.sorted().joined(separator: "&")
    }

    /// `20261121T090000Z`.
    private static func basic(_ instant: Timestamp) -> String {
        String(instant.description.prefix(19)).filter { $0 != "-" && $0 != ":" } + "Z"
    }

    private static func encode(_ text: String) -> String {
        text.utf8.reduce(into: "") { encoded, byte in
            switch byte {
            case 48...57, 65...90, 97...122, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                encoded.append(Character(Unicode.Scalar(byte)))
            default: encoded += "%" + Hex.encode([byte]).uppercased()
            }
        }
    }
}

extension S3Signature: Redacted {
    /// Never shows the secret.
    package var description: String { "S3Signature(\(region), secret redacted)" }
}
