import Foundation
import PluginKit
import TestKit
import Testing

/// An address of a hook gets another token from those alone who may do all that it may.
@Suite("Hooks: rotation")
struct HookRotationTests {
    @Test("Nobody gets the token of an address that may do what they may not")
    func rotation() async throws {
        try await DoorsSite.with { site in
            let (id, path) = try await site.address("knowledge.echo", of: site.one)
            func key(_ permissions: JSONValue) async throws -> String? {
                try await site.client.send(
                    "POST", "/v1/api-keys", token: site.one.token, body: ["name": "k", "permissions": permissions]
                ).json["key"]?.string
            }
            let (less, enough) = (try await key(["hooks.write"]), try await key(["hooks.write", "knowledge.read"]))
            let rotate = "/v1/hooks/\(id)/rotate"
            let refused = try await site.client.send("POST", rotate, token: less)
            #expect(refused.status == 403 && refused.code == "role_forbidden")
            #expect(try await site.call(path).status == 200)
            let missing = "/v1/hooks/\(ID<Void>.make())/rotate"
            #expect(try await site.client.send("POST", missing, token: less).status == 404)
            #expect(try await site.client.send("POST", rotate, token: enough).json["path"]?.string != nil)
            #expect(try await site.call(path).status == 404)
        }
    }
}
