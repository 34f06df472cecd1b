import Cryptography
import Foundation
import Platform
import Testing

@Suite("Master secret's file")
struct MasterSecretStorageTests {
    /// A folder of a test's own, removed after it.
    private static func with(_ body: (_ folder: String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("secret-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }

    /// A key that tells secrets apart.
    private static func key(in folder: String?, environment: [String: String] = [:]) throws -> [UInt8] {
        try MasterSecret.load(environment: environment, directory: folder).derive("test")
    }

    private static func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder)
    }

    @Test("It is made where there is none, for its owner only, and comes back the same")
    func made() async throws {
        try await Self.with { folder in
            let first = try Self.key(in: folder)
            var status = stat()
            let result = lstat("\(folder)/master.secret", &status)
            #expect(result == 0)
            #expect(status.st_mode & 0o7777 == 0o600)
            #expect(try Self.key(in: folder) == first)
            #expect(try Self.names(in: folder) == ["master.secret"])
        }
    }

    @Test("Eight that come first at one time all get one secret")
    func concurrent() async throws {
        try await Self.with { folder in
            let keys = try await withThrowingTaskGroup(of: [UInt8].self) { group in
                for _ in 0..<8 { group.addTask { try Self.key(in: folder) } }
                return try await group.reduce(into: Set<[UInt8]>()) { $0.insert($1) }
            }
            #expect(keys.count == 1)
            #expect(try Self.key(in: folder) == keys.first)
            #expect(try Self.names(in: folder) == ["master.secret"])
        }
    }

    @Test("Where there is data it is not made anew, for the data is of another")
    func lost() async throws {
        try await Self.with { folder in
            try FileManager.default.createDirectory(atPath: "\(folder)/data", withIntermediateDirectories: false)
            let first = try Self.key(in: folder)
            try Data("18\n".utf8).write(to: URL(fileURLWithPath: "\(folder)/data/PG_VERSION"))
            #expect(try Self.key(in: folder) == first)
            try FileManager.default.removeItem(atPath: "\(folder)/master.secret")
            let environments: [[String: String]] = [[:], ["ROMASHKA_MASTER_SECRET_FILE": "\(folder)/named"]]
            for environment in environments {
                let error = #expect(throws: ConfigurationError.self) {
                    try Self.key(in: folder, environment: environment)
                }
                #expect(error?.code == .masterSecretMissing)
            }
            #expect(try Self.names(in: folder) == ["data"])
        }
    }

    @Test("What is there and cannot be read is an error and stays as it is")
    func unreadable() async throws {
        try await Self.with { folder in
            let path = "\(folder)/master.secret"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            let error = #expect(throws: ConfigurationError.self) { try Self.key(in: folder) }
            #expect(error?.code == .fileUnreadable)
            #expect(try Self.names(in: folder) == ["master.secret"])
            #expect(try Self.names(in: path).isEmpty)
        }
    }

    @Test("A symbolic link to nothing is an error and stays as it is")
    func dangling() async throws {
        try await Self.with { folder in
            let path = "\(folder)/master.secret"
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "nowhere")
            let error = #expect(throws: ConfigurationError.self) { try Self.key(in: folder) }
            #expect(error?.code == .fileUnreadable)
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path) == "nowhere")
            #expect(try Self.names(in: folder) == ["master.secret"])
        }
    }

    @Test("One that is named and not there is not made without a data directory")
    func named() async throws {
        try await Self.with { folder in
            let environment = ["ROMASHKA_MASTER_SECRET_FILE": "\(folder)/named"]
            let error = #expect(throws: ConfigurationError.self) { try Self.key(in: nil, environment: environment) }
            #expect(error?.code == .fileUnreadable)
            let names = try Self.names(in: folder)
            #expect(names == [])
        }
    }
}
