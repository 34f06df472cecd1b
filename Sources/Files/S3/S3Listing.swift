internal import PluginKit

/// A page of a bucket, as `ListObjectsV2` answers it.
struct S3Listing: Sendable {
    struct Object: Sendable {
        let key: String
        let modified: Timestamp
    }

    let objects: [Object]
    /// What the next page is asked for with; nil on the last.
    let next: String?

    /// Reads the answer. Only keys are taken that need no escapes, as all of ours do.
    init(_ xml: String) {
        objects = S3Listing.elements("Contents", in: xml).compactMap { content in
            guard let key = S3Listing.elements("Key", in: content).first,
                let modified = S3Listing.elements("LastModified", in: content).first,
                let instant = Timestamp(rfc3339: String(modified))
            else { return nil }
            return Object(key: String(key), modified: instant)
        }
        next = S3Listing.elements("NextContinuationToken", in: xml).first.map { token in
            String(token).replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&quot;", with: "\"")
                .replacing("&amp;", with: "&")
        }
    }

    /// What stands between the tags of a name, which does not nest.
    static func elements(_ name: String, in xml: some StringProtocol) -> [Substring] {
        Substring(xml).split(separator: "<\(name)>", omittingEmptySubsequences: false).dropFirst().compactMap { part in
            part.firstRange(of: "</\(name)>").map { part[..<$0.lowerBound] }
        }
    }
}
