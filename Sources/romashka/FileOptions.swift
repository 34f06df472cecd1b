import ArgumentParser
import Files
import Foundation
import Platform

/// Where files are kept, of the commands that serve.
struct FileOptions: ParsableArguments {
    @Option(
        name: .customLong("files-dir"),
        help: """
            The directory that files are kept in, or, with a bucket, that uploads pass through. Without either files \
            are kept in the data directory; with DATABASE_URL only `up` does so, and all else keeps none.
            """)
    var directory: String?

    @Option(
        name: .customLong("max-file-size"),
        help: "The most bytes of one file; the limit storage_bytes of a tenant bounds all of them.")
    var maximumByteCount = FileSettings().maximumByteCount

    @Option(
        name: .customLong("files-s3-endpoint"),
        help: "A server that speaks S3, such as https://s3.eu-central-1.amazonaws.com, to keep files in a bucket of.")
    var endpoint: String?

    @Option(
        name: .customLong("files-s3-bucket"),
        help: "The bucket; ROMASHKA_S3_ACCESS_KEY_ID and ROMASHKA_S3_SECRET_ACCESS_KEY say who asks.")
    var bucket: String?

    @Option(name: .customLong("files-s3-region"), help: "The region that requests are signed for.")
    var region = "us-east-1"

    func validate() throws {
        guard (1...1 << 40).contains(maximumByteCount) else {
            throw ValidationError("--max-file-size takes bytes, from 1 to \(1 << 40)")
        }
        guard (endpoint == nil) == (bucket == nil) else {
            throw ValidationError("--files-s3-endpoint and --files-s3-bucket come together")
        }
    }

    /// The same for a process that this one starts, which keeps files where this one would.
    func arguments(usual: String) -> [String] {
        var arguments = ["--max-file-size", "\(maximumByteCount)", "--files-s3-region", region]
        if let endpoint, let bucket {
            arguments += ["--files-s3-endpoint", endpoint, "--files-s3-bucket", bucket]
            if let directory { arguments += ["--files-dir", directory] }
        } else {
            arguments += ["--files-dir", directory ?? usual]
        }
        return arguments
    }

    /// Whether files are kept in `usual`, the directory that belongs to the data directory.
    func isKept(in usual: String) -> Bool {
        func canonical(_ path: String) -> String {
            URL(fileURLWithPath: path).standardizedFileURL.resolvingSymlinksInPath().path
        }
        return endpoint == nil && canonical(directory ?? usual) == canonical(usual)
    }

    /// The settings.
    ///
    /// - Parameters:
    ///   - usual: the directory that belongs to the data directory.
    ///   - isUsed: whether files are kept there when neither another directory nor a bucket is given.
    /// - Throws: `ConfigurationError` when the bucket's keys are missing or its address is none.
    func settings(usual: String, isUsed: Bool, environment: [String: String]) throws -> FileSettings {
        var settings = FileSettings()
        settings.maximumByteCount = maximumByteCount
        if let endpoint, let bucket {
            guard let key = environment["ROMASHKA_S3_ACCESS_KEY_ID"],
                let secret = environment["ROMASHKA_S3_SECRET_ACCESS_KEY"]
            else {
                throw ConfigurationError(
                    .bucketKeysMissing,
                    "set ROMASHKA_S3_ACCESS_KEY_ID and ROMASHKA_S3_SECRET_ACCESS_KEY for the bucket")
            }
            let found = S3Settings(
                endpoint: endpoint, bucket: bucket, region: region, accessKeyID: key, secretAccessKey: secret)
            guard let found else {
                throw ConfigurationError(
                    .bucketAddressInvalid,
                    "\(endpoint) with the bucket \(bucket) is no address such as https://host")
            }
            settings.place = .bucket(found, spool: directory ?? "\(usual)/incoming")
        } else if let directory = directory ?? (isUsed ? usual : nil) {
            settings.place = .directory(directory)
        }
        return settings
    }
}
