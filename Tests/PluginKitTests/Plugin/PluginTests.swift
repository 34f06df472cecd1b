import Foundation
@_spi(Kernel) import PluginKit
import Testing

@Suite("Plugin")
struct PluginTests {
    private static func route(_ path: String) -> Route {
        Delete(path, needs: "p", "s") { _ in }
    }

    @Test("routes are listed one by one or as arrays")
    func routesAreCollected() {
        let plugin = Plugin {
            Self.route("/a")
            [Self.route("/b"), Self.route("/c")]
            Self.route("/d")
        }
        #expect(plugin.routes.map(\.path) == ["/a", "/b", "/c", "/d"])
        #expect(Plugin {}.routes.isEmpty)
    }

    @Test("the pointer of the entry point leads back to the plugin, as often as asked")
    func entryLeadsBack() {
        let entry = Plugin { Self.route("/a") }.entry
        #expect(Plugin.at(entry).routes.map(\.path) == ["/a"])
        #expect(Plugin.at(entry) === Plugin.at(entry))
    }
}
