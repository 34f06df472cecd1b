import Cryptography
import Foundation
import Platform
import TestKit
import Testing

@testable import Identity

/// One after the other, for they count what this process has started.
@Suite("Key processes", .serialized, .timeLimit(.minutes(5)))
struct KeyProcessesTests {
    private let cost: ScryptCost

    init() throws {
        cost = try #require(ScryptCost(logarithm: 4, blockSize: 8, parallelization: 1))
    }

    private static var program: String {
        get throws { try #require(try Installation.find(environment: [:]).libraries.first) + "/romashka" }
    }

    /// The processes that this one has started from the program.
    private static func children() throws -> [pid_t] {
        let line = "\(try program)\0derive-keys"
        return try ChildrenOfProcess.find(getpid()).filter { $0.line.hasPrefix(line) }.map(\.id)
    }

    @Test("a password's hash is the same there and here, and there is nothing of our environment there")
    func derives() throws {
        let processes = KeyProcesses(["derive-keys"], program: try Self.program)
        let before = Set(try Self.children())
        let password = try Password("correct horse battery")
        let hash = try PasswordHash(hashing: password, cost: cost, derive: processes.derive)
        #expect(try hash.matches(password))
        #expect(try hash.matches(password, derive: processes.derive))
        #expect(try !hash.matches(try Password("another"), derive: processes.derive))

        let child = try #require(try Self.children().first { !before.contains($0) })
        let environment = try String(contentsOfFile: "/proc/\(child)/environ", encoding: .utf8)
        #expect(ProcessInfo.processInfo.environment["HOME"] != nil && !environment.contains("HOME="))
        let group = try String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8).split(separator: " ")
        #expect(group[5] == "\(child)", "a session of its own")
    }

    @Test("a process that was killed is replaced, and nobody notices")
    func replaced() throws {
        let processes = KeyProcesses(["derive-keys"], program: try Self.program)
        let before = Set(try Self.children())
        let first = try processes.derive(from: [1], salt: [2], cost: cost, count: 32)
        let child = try #require(try Self.children().first { !before.contains($0) })
        kill(child, SIGKILL)
        #expect(try processes.derive(from: [1], salt: [2], cost: cost, count: 32) == first)
    }

    @Test("a program that answers nothing is told as unavailable", arguments: ["/bin/true", "/nowhere/nothing"])
    func unavailable(program: String) {
        let processes = KeyProcesses(["derive-keys"], program: program)
        #expect(throws: PasswordError.unavailable) {
            try processes.derive(from: [1], salt: [2], cost: cost, count: 32)
        }
    }
}
