internal import Cryptography

/// A bucket of a server that speaks S3, and who asks it.
package struct S3Settings: Sendable {
    /// Scheme, host and maybe a port: `https://s3.eu-central-1.amazonaws.com`.
    package let endpoint: String
    package let bucket: String
    package let region: String
    package let accessKeyID: String
    let secretAccessKey: String

    /// - Returns: nil when `endpoint` is no http or https address without a path, or `bucket` no bucket's name.
    package init?(endpoint: String, bucket: String, region: String, accessKeyID: String, secretAccessKey: String) {
        let parts = endpoint.split(separator: "/", omittingEmptySubsequences: false)
        let isName = bucket.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "-")
                || $0 == UInt8(ascii: ".")
        }
        guard parts.count == 3, ["https:", "http:"].contains(parts[0]), parts[1].isEmpty, !parts[2].isEmpty,
            !parts[2].contains("@"), isName, (3...63).contains(bucket.utf8.count)
        else { return nil }
        self.endpoint = endpoint
        self.bucket = bucket
        self.region = region
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
    }

    /// What the header `Host` says: without the port that the scheme has anyway.
    var host: String {
        let host = String(endpoint.split(separator: "/")[1])
        let usual = endpoint.hasPrefix("https:") ? ":443" : ":80"
        return host.hasSuffix(usual) ? String(host.dropLast(usual.count)) : host
    }
}

extension S3Settings: Redacted {
    /// Never shows the secret.
    package var description: String { "S3Settings(\(endpoint)/\(bucket), secret redacted)" }
}
