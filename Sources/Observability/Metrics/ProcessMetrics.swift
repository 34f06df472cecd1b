internal import Foundation

/// What the operating system says of this process, under the names that all Prometheus clients use.
package enum ProcessMetrics {
    /// Adds the metrics of the process, and which build it is.
    package static func register(in registry: MetricRegistry) {
        let started = Date().timeIntervalSince1970
        registry.add("process_start_time_seconds", .gauge, help: "When the process began, in seconds since 1970.") {
            $0.sample(seconds: started)
        }
        registry.add("process_cpu_seconds_total", .counter, help: "Processor time used, in seconds.") {
            $0.sample(seconds: processorSeconds())
        }
        registry.add("process_resident_memory_bytes", .gauge, help: "Memory that is resident, in bytes.") {
            if let bytes = residentBytes() { $0.sample(bytes) }
        }
        registry.add("process_open_fds", .gauge, help: "File descriptors that are open.") {
            if let count = openDescriptors() { $0.sample(count) }
        }
        registry.add("process_max_fds", .gauge, help: "File descriptors that may be open.") {
            if let count = descriptorLimit() { $0.sample(count) }
        }
        registry.add("romashka_build_info", .gauge, help: "1, with the build's version as a label.") {
            $0.sample(1, ["version": BuildInfo.version])
        }
    }

    private static func processorSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1_000_000_000
    }

    /// The bytes of this process that are in memory: the second number of `/proc/self/statm` (proc(5)), which is in
    /// pages; nil where there is no such file.
    package static func residentBytes() -> Int? {
        guard let data = FileManager.default.contents(atPath: "/proc/self/statm") else { return nil }
        let numbers = String(decoding: data, as: UTF8.self).split(separator: " ")
        return numbers.count > 1 ? Int(numbers[1]).map { $0 * sysconf(Int32(_SC_PAGESIZE)) } : nil
    }

    private static func openDescriptors() -> Int? {
        // The listing itself holds one open.
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")).map { $0.count - 1 }
    }

    private static func descriptorLimit() -> UInt64? {
        var limit = rlimit()
        return getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 ? UInt64(limit.rlim_cur) : nil
    }
}
