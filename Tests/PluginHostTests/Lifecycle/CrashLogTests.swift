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
        }
    }

    @Test("What was taken in is forgotten, but neither what comes meanwhile nor what could not be taken in")
    func taking() async throws {
        try await PluginsFolder.with { folder in
            let log = CrashLog(in: folder.path)
            let file = URL(fileURLWithPath: log.path)
            try Data("knowledge run 4 1790000000 17\n".utf8).write(to: file)
            await #expect(throws: CancellationError.self) { try await log.take { _ in throw CancellationError() } }
            try await log.take { entries in
                #expect(entries.map(\.process) == [17])
                let other = try FileHandle(forWritingTo: file)
                try other.seekToEnd()
                try other.write(contentsOf: Data("sample run 4 1790000001 18\n".utf8))
                try other.close()
            }
            #expect(log.entries().map(\.process) == [18])
            try await log.take { entries in #expect(entries.map(\.process) == [18]) }
            try await log.take { entries in Issue.record("taken twice: \(entries)") }
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

    @Test("A plugin that crashes while it is loaded is not loaded any more, whatever it was paused for before")
    func loading() async throws {
        try await TestPlatform.with { test in
            try await PluginsFolder.with { folder in
                let (log, platform) = (CrashLog(in: folder.path), test.platform)
                func code() async throws -> String? {
                    try await platform.control.refresh()
                    return platform.control.read { $0.pausedPlugins["knowledge"]?.code }
                }
                func crash(_ phase: String, _ processes: ClosedRange<Int>) async throws {
                    let lines = processes.map { "knowledge \(phase) 4 \(Self.now) \($0)\n" }
                    try Data(lines.joined().utf8).write(to: URL(fileURLWithPath: log.path))
                    try await platform.pauses.note(log)
                }
                try await platform.pauses.pause("knowledge", reason: "it is slow", operatorID: nil)
                try await crash("run", 1...3)
                #expect(try await code() == "operator")
                try await crash("load", 4...4)
                #expect(try await code() == "crashes_at_load")
                #expect(try await platform.pauses.resume("knowledge") == "crashes_at_load")
                #expect(try await platform.pauses.resume("knowledge") == nil)

                try await crash("run", 5...7)
                #expect(try await code() == "crashes")
                try await crash("load", 8...8)
                #expect(try await code() == "crashes_at_load")
                try await platform.pauses.resume("knowledge")

                _ = try await platform.bisections.start([Bisection.Module(id: "knowledge", requires: [])])
                #expect(try await code() == "bisection")
                try await crash("load", 9...11)
                #expect(try await code() == "crashes_at_load")
                #expect(try await platform.bisections.reset() == [])
                #expect(try await code() == "crashes_at_load")
            }
        }
    }

    private static var now: Int { Int(Date().timeIntervalSince1970) }
}
