internal import Foundation

/// How many descriptors this process may have open, connections among them.
package enum DescriptorLimit {
    /// Enough for every connection there may be; each costs a program that closes all at its start some time.
    private static let most: rlim_t = 65_536

    /// Lets this process, and those that it starts from now on, have as many open as it may let them. Shells and systemd
    /// set 1,024, for the sake of programs that can count no further.
    package static func raise() {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &limit) == 0 else { return }
        limit.rlim_cur = raised(limit.rlim_cur, atMost: limit.rlim_max)
        setrlimit(resource, &limit)
    }

    /// What a limit is raised to; never less than it is.
    static func raised(_ limit: rlim_t, atMost hard: rlim_t) -> rlim_t { max(limit, min(hard, most)) }
}
