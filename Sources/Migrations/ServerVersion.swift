/// Versions of PostgreSQL, and which of them have known holes in row-level security.
package enum ServerVersion {
    /// The least minor version of each major one that mends CVE-2026-120154, by which `INSERT … ON CONFLICT DO UPDATE`
    /// reads rows that policies hide. PostgreSQL's record of it says "Versions before PostgreSQL 18.7, 17.12, 16.16,
    /// 15.20, and 14.25 are affected": https://www.suse.com/security/cve/CVE-2026-120154.html, read in November 2026.
    ///
    /// None follows from another: 18.6 came with 17.11, 18.7 with 17.12.
    ///
    /// What is older than 15.20 is told by `core.bootstrap_gaps`.
    private static let least = [16: 16, 17: 12, 18: 7]

    /// What is wrong with a version; nil when nothing is known, as of every major version newer than these.
    ///
    /// - Parameter number: as PostgreSQL's `server_version_num` has it, such as 150020.
    package static func holes(in number: Int) -> String? {
        let major = number / 10_000
        guard let minor = least[major], number < major * 10_000 + minor else { return nil }
        return "version \(major).\(number % 10_000) has known holes in row-level security; \(major).\(minor) or newer"
    }
}
