import Foundation
import Testing

@testable import Supervision

@Suite("Descriptor limit")
struct DescriptorLimitTests {
    @Test(
        "It is raised as far as it may be, within reason, and never lowered",
        arguments: [
            (1024, 4096, 4096), (1024, 524_288, 65_536), (1024, UInt64.max, 65_536), (100_000, 524_288, 100_000),
            (256, 256, 256),
        ] as [(UInt64, UInt64, UInt64)])
    func raised(limit: UInt64, hard: UInt64, expected: UInt64) {
        #expect(DescriptorLimit.raised(rlim_t(limit), atMost: rlim_t(hard)) == rlim_t(expected))
    }

    @Test("This process may have as many open as it may let itself")
    func raise() {
        DescriptorLimit.raise()
        var limit = rlimit()
        let result = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        #expect(result == 0)
        #expect(limit.rlim_cur >= min(limit.rlim_max, 65_536))
    }
}
