import Foundation
import Platform
import PluginHost
import PluginKit
import Tenancy
import TestKit
import Testing

@Suite("Crash log")
struct CrashLogTests {
    @Test("Whole lines are read in order, and what is none is skipped")
    func reading() async throws {
        try await PluginsFolder.with { folder in
            let log = CrashLog(in: folder.path)
            #expect(log.entries().isEmpty)
            let text = """
                knowledge run 4 1790000000 17
                sample load 11 1790000001 18
                sample load 11
                sample idle 11 1790000001 18
                sample run 99 1790000001 18
                Drop;table run 4 1790000000 17
                sam
                """
            try Data(text.utf8).write(to: URL(fileURLWithPath: log.path))
            #expect(log.entries().map(\.module) == ["knowledge", "sample"])
            #expect(log.entries().map(\.isLoading) == [false, true])
            #expect(log.entries().map(\.signal) == [4, 11])
            #expect(log.entries().first?.at.description == "2026-09-21T14:13:20.000000Z")
            try log.clear()
            #expect(log.entries().isEmpty)
        }
    }

    @Test("Three crashes pause a plugin, two do not; a resume forgives them")
    func pausing() async throws {
        try await TestPlatform.with { test in
            try await PluginsFolder.with { folder in
                let log = CrashLog(in: folder.path)
                let pauses = test.platform.pauses
                for count in 1...3 {
                    try Data("knowledge run 4 \(Self.now) \(count)\n".utf8).write(to: URL(fileURLWithPath: log.path))
                    try await pauses.note(log)
                    try await test.platform.control.refresh()
                    let pause = test.platform.control.read { $0.pausedPlugins["knowledge"] }
                    #expect(pause?.code == (count == 3 ? "crashes" : nil))
                    #expect(log.entries().isEmpty)
                }
                #expect(try await pauses.crashes() == ["knowledge": 3])
                try await pauses.resume("knowledge")
                #expect(test.platform.control.read { $0.pausedPlugins }.isEmpty)
                #expect(try await pauses.crashes().isEmpty)
            }
        }
    }

    private static var now: Int { Int(Date().timeIntervalSince1970) }
}
