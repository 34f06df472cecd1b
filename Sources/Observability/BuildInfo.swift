/// Which build this is.
package enum BuildInfo {
    /// The version of the release (Semantic Versioning 2.0.0).
    package static let version = "0.1.0"
}
