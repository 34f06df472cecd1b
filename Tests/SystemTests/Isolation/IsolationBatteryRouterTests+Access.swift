import HTTP
import Identity
import Platform
import PluginHost
import PluginKit
import Tenancy
import TestKit
import Testing

extension IsolationBatteryRouterTests {
    @Test("a role without the permission is refused on every route that asks for it")
    func lowerRoles() async throws {
        try await IsolationSite.with { site in
            let (findings, refused) = try await site.permissions(site.tenantRoutes)
            #expect(findings.isEmpty, "\(findings)")
            #expect(refused >= 2)
        }
    }

    @Test("a module that is switched off answers 404 on each of its routes, and only for that tenant")
    func disabledModules() async throws {
        try await IsolationSite.with { site in
            let switchable = site.tenantRoutes.filter { $0.module?.isAlwaysOn == false }
            #expect(!switchable.isEmpty)
            for module in Set(switchable.compactMap { $0.module?.name.description }) {
                _ = try await site.test.platform.switches.change(module, of: site.b.id, enabled: false, settings: nil)
            }
            for route in switchable {
                let answer = try await site.send(route, id: site.idsOfB[0], token: site.b.token)
                #expect(answer.status == 404 && answer.code == "module_disabled", "\(route.title)")
                let other = try await site.send(route, id: ID<Void>.make().description, token: site.a.token)
                #expect(other.code != "module_disabled", "\(route.title)")
            }
        }
    }

    @Test("a suspended or unknown tenant is refused on every route, and a logged-out session on every route")
    func suspendedTenants() async throws {
        try await IsolationSite.with { site in
            let unknown = try site.token(tenant: TenantID.make())
            for route in site.tenantRoutes {
                let answer = try await site.send(route, id: site.idsOfB[0], token: unknown)
                #expect(answer.status == 403 && answer.code == "tenant_suspended", "\(route.title)")
            }
            _ = try await site.test.platform.identity.tenants.setActive(false, site.b.id)
            try await site.test.platform.control.refresh()
            for route in site.tenantRoutes {
                let answer = try await site.send(route, id: site.idsOfB[0], token: site.b.token)
                #expect(answer.status == 403 && answer.code == "tenant_suspended", "\(route.title)")
            }
            let left = try await site.client.send("POST", "/v1/auth/logout", token: site.a.token)
            #expect(left.status == 204)
            try await site.test.platform.control.refresh()
            for route in site.tenantRoutes {
                let answer = try await site.send(route, id: site.idsOfB[0], token: site.a.token)
                #expect(answer.status == 401 && answer.code == "unauthenticated", "\(route.title)")
            }
        }
    }

    @Test("A54: a list takes no cursor of another tenant, another list or another hand")
    func cursorsStayInside() async throws {
        try await IsolationSite.with { site in
            for subject in ["one", "two", "three"] {
                let body: JSONValue = [
                    "customer": ["email": .string("\(subject)@example.com")], "subject": .string(subject),
                ]
                let answer = try await site.client.send("POST", "/v1/conversations", token: site.a.token, body: body)
                #expect(answer.status == 201)
            }
            let page = try await site.client.send("GET", "/v1/conversations?limit=1", token: site.a.token)
            let cursor = try #require(page.json["next_cursor"]?.string)
            let own = try await site.client.send(
                "GET", "/v1/conversations?limit=1&cursor=\(cursor)", token: site.a.token)
            #expect(own.status == 200)
            for list in site.tenantRoutes where list.route.isList {
                for id in list.path.contains("{") ? site.idsOfB : ["-"] {
                    let stolen = try await site.send(list, id: id, token: site.b.token, suffix: "cursor=\(cursor)")
                    #expect(stolen.status == 422, "\(list.title)")
                    let altered = try await site.send(
                        list, id: id, token: site.b.token, suffix: "cursor=\(cursor.dropLast())")
                    #expect(altered.status == 422, "\(list.title)")
                }
            }
        }
    }
}
