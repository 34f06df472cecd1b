import HTTP
import Identity
import NIOHTTP1
import Platform
import PluginHost
import PluginKit
import Tenancy
import TestKit
import Testing

extension IsolationBatteryRouterTests {
    @Test("a visitor of one tenant sees no word of another, whatever id or host the request names")
    func visitorsStayInside() async throws {
        try await IsolationSite.with { site in
            let names: [(String, String)] = [
                ("X-Tenant", site.a.slug), ("X-Forwarded-Host", "\(site.a.slug).example"),
                ("Forwarded", "host=\(site.a.slug).example"), ("Cookie", "tenant=\(site.a.slug)"),
                ("Authorization", "Bearer \(site.a.token)"), ("Referer", "/public/\(site.a.slug)/help"),
            ]
            var shown = 0
            #expect(site.visitorRoutes.count >= 5)
            for route in site.visitorRoutes {
                let hasID = route.route.path.contains("{")
                for id in hasID ? site.idsOfA + site.idsOfB : ["-"] {
                    for headers in [[], names] {
                        let answer = try await site.send(route, id: id, token: nil, headers: headers)
                        for word in [IsolationTenant.canary, site.a.id.description] {
                            #expect(!answer.text.contains(word), "\(route.title)")
                            #expect(!answer.headers.contains { $0.value.contains(word) }, "\(route.title)")
                        }
                    }
                    let own = try await site.send(route, id: id, token: nil, visited: site.a)
                    shown += own.text.contains(IsolationTenant.canary) ? 1 : 0
                }
                guard hasID else { continue }
                for id in site.idsOfA {
                    let foreign = try await site.send(route, id: id, token: nil)
                    let missing = try await site.send(route, id: ID<Void>.make().description, token: nil)
                    #expect(foreign.status == 404 && foreign.withoutRequestID == missing.withoutRequestID)
                    #expect(foreign.headers.map(\.name) == missing.headers.map(\.name))
                    #expect(foreign.text.utf8.count == missing.text.utf8.count && !foreign.text.contains(id))
                }
            }
            #expect(shown >= 4, "visitors of A see the word, so a leak would be seen")
        }
    }

    @Test("a module that is switched off, and a suspended tenant, answer no visitor, and only theirs")
    func closedToVisitors() async throws {
        try await IsolationSite.with { site in
            for module in Set(site.visitorRoutes.compactMap { $0.module?.name.description }) {
                _ = try await site.test.platform.switches.change(module, of: site.b.id, enabled: false, settings: nil)
            }
            for route in site.visitorRoutes {
                #expect(try await site.send(route, id: site.idsOfB[0], token: nil).status == 404, "\(route.title)")
            }
            _ = try await site.test.platform.identity.tenants.setActive(false, site.b.id)
            try await site.test.platform.control.refresh()
            for route in site.visitorRoutes {
                #expect(try await site.send(route, id: site.idsOfB[0], token: nil).status == 403, "\(route.title)")
                guard !route.route.path.contains("{") else { continue }
                let other = try await site.send(route, id: "-", token: nil, visited: site.a)
                #expect(other.status == 200, "\(route.title)")
            }
        }
    }
}
