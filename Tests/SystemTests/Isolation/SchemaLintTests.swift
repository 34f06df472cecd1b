import Migrations
import Platform
import TestKit
import Testing

/// The rules of `policies/lints` on the schema as it is shipped.
@Suite("SchemaLints")
struct SchemaLintTests {
    @Test("The shipped schema keeps every rule", arguments: [Bootstrap.SessionMode.privileged, .mac])
    func shippedSchemaIsClean(mode: Bootstrap.SessionMode) async throws {
        try await TestPlatform.with(mode: mode) { test in
            let lints = try SchemaLints(try Installation.find(environment: [:]).folders)
            let offences = try await test.database.asSuperuser { try await lints.run($0) }
            #expect(offences == [])
            #expect(lints.rules.count >= 20)
        }
    }
}
