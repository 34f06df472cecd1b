import Files
import PluginKit
import Testing

/// The examples of "Authenticating Requests: Using the Authorization Header (AWS Signature Version 4)" in Amazon's S3
/// API reference.
@Suite("S3 signatures")
struct S3SignatureTests {
    /// A request with the signature that the reference gives for it.
    struct Example: Sendable {
        let message: S3Signature.Message
        let signature: String
    }

    private static let host = ("host", "examplebucket.s3.amazonaws.com")

    static let examples = [
        Example(
            message: .init("GET", "/test.txt", headers: [host, ("range", "bytes=0-9")]),
            signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
        Example(
            message: .init("GET", "/", query: [("lifecycle", "")], headers: [host]),
            signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        Example(
            message: .init("GET", "/", query: [("prefix", "J"), ("max-keys", "2")], headers: [host]),
            signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
    ]

    @Test("no text of it shows the secret")
    func redacted() {
        let signature = S3Signature(region: "eu-west-1", accessKeyID: "AKIA", secretAccessKey: "topsecret")
        var text = "\([signature])"
        dump(signature, to: &text)
        #expect(text.contains("eu-west-1") && !text.contains("topsecret"))
    }

    @Test("Requests are signed as the reference signs them", arguments: examples)
    func reference(example: Example) throws {
        let signature = S3Signature(
            region: "us-east-1", accessKeyID: "AKIAIOSFODNN7EXAMPLE",
            secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
        let instant = try #require(Timestamp(rfc3339: "2013-05-24T00:00:00Z"))
        let headers = signature.sign(example.message, at: instant)
        let authorization = try #require(headers.last { $0.name == "authorization" }?.value)
        #expect(authorization.hasSuffix("Signature=\(example.signature)"), "\(authorization)")
    }

    @Test(
        "An address with a path, a user or no scheme is no endpoint, and a path is no bucket",
        arguments: [
            ("https://a.example/x", "bucket"), ("https://u:p@a.example", "bucket"), ("a.example", "bucket"),
            ("ftp://a.example", "bucket"), ("https://a.example", "../x"), ("https://a.example", "UPPER"),
        ])
    func wrongSettings(endpoint: String, bucket: String) {
        let settings = S3Settings(
            endpoint: endpoint, bucket: bucket, region: "r", accessKeyID: "k", secretAccessKey: "s")
        #expect(settings == nil)
    }
}
