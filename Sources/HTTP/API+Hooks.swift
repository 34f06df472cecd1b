internal import HTTPTypes
internal import Hummingbird
internal import Identity
internal import NIOCore
internal import Observability
package import PluginHost
@_spi(Kernel) package import PluginKit
internal import Tenancy

/// What addresses of hooks lead to.
package struct HookDoor: Sendable {
    let addresses: HookAddresses
    /// By the hook's name.
    let hooks: [String: (module: MountedRoute.Module, hook: Hook)]
    /// The hooks of modules that are installed and whose code is not in, each with its module.
    let resting: [String: Manifest]

    /// - Parameters:
    ///   - modules: those whose code is in, each with its hooks.
    ///   - resting: the manifests of those that are installed and whose code is not in.
    package init(
        _ addresses: HookAddresses, _ modules: [(module: MountedRoute.Module, hooks: [Hook])], resting: [Manifest]
    ) {
        self.addresses = addresses
        self.resting = Dictionary(
            resting.flatMap { manifest in manifest.hooks.map { ($0.id, manifest) } },
            uniquingKeysWith: { first, _ in first })
        hooks = Dictionary(
            modules.flatMap { entry in entry.hooks.map { ($0.name, (entry.module, $0)) } },
            uniquingKeysWith: { first, _ in first })
    }
}

/// Calls of hooks, and other requests whose body is read as it is.
extension API {
    /// The most calls of one address in a minute, unless the tenant's limit says so.
    private static let hookRequestsPerMinute = 6000

    /// Answers a call of a hook. Whoever has the address is let in; the token appears in no log, metric or answer.
    func receive(
        _ request: Hummingbird.Request, from channel: any Channel, parameters: [(name: String, value: String)],
        note: inout RequestNote
    ) async throws -> Response {
        try limit(request, from: channel)
        let token = parameters.first { $0.name == "token" }?.value ?? ""
        guard let address = try await hooks.addresses.find(token) else { throw API.noSuchAddress }
        guard let entry = hooks.hooks[address.hook] else { throw absence(of: address) }
        let tenant = address.tenant
        if !control.read({ $0.isKnown(tenant) }) { try await control.refreshForCaller() }
        note.tenant = (tenant, isTest: control.read { $0.isTest(tenant) })
        guard control.read({ $0.isActive(tenant) }) else { throw Authenticator.suspended }
        let limit = control.read { $0.limit("hook_requests_per_minute", of: tenant) }
        try limiter.count(.hook(address.id.uuid), perMinute: limit ?? API.hookRequestsPerMinute)
        try entry.module.requireServing(tenant, control)
        let wait = BodyWait()
        let message = try await message(of: request, as: entry.hook.input, from: channel)
        if wait.isLong { try await requireStanding(address, token, entry.module) }
        let call = call(note.scope.requestID, request, channel, address, entry.module)
        let hook = entry.hook
        let reply = try await entry.module.wall.run(for: tenant, in: PluginError.Place("hook \(hook.name)")) {
            try await hook.handler(call, message)
        }
        return reply.response(requestID: note.scope.requestID)
    }

    /// Refuses a call whose body took its time, where what let it in has ended meanwhile.
    private func requireStanding(
        _ address: HookAddresses.Found, _ token: String, _ module: MountedRoute.Module
    ) async throws {
        guard control.read({ $0.isActive(address.tenant) }) else { throw Authenticator.suspended }
        try module.requireServing(address.tenant, control)
        guard try await hooks.addresses.find(token)?.id == address.id else { throw API.noSuchAddress }
    }

    /// Senders try again at a module that is only out of service here; whether it is switched off counts first.
    private func absence(of address: HookAddresses.Found) -> Problem {
        guard let manifest = hooks.resting[address.hook] else { return API.noSuchAddress }
        let standing = control.read {
            $0.standing(of: manifest.id.description, isAlwaysOn: manifest.isAlwaysOn, for: address.tenant)
        }
        return standing == .switchedOff ? .moduleDisabled : .pluginPaused
    }

    /// The same for a wrong token, one that has ended, and one whose module is gone.
    private static let noSuchAddress = Problem(
        status: 404, code: "not_found", detail: "This address leads nowhere.")

    private func call(
        _ requestID: String, _ request: Hummingbird.Request, _ channel: any Channel, _ address: HookAddresses.Found,
        _ module: MountedRoute.Module
    ) -> Call {
        let actor = Actor(kind: .hook, id: ActorID(address.id.uuid), role: "hook")
        let caller = Caller.hook(
            TenantSession(verified: address.tenant, actor: actor), permissions: address.permissions)
        let input = PluginKit.Request(
            id: requestID, parameters: [], query: .empty, page: PageRequest(limit: PageRequest.defaultLimit, after: []),
            client: .init(address: self.address(of: request, from: channel), userAgent: request.headers[.userAgent]))
        return Call(
            request: input, tenant: address.tenant, actor: actor, session: nil, permissions: address.permissions,
            tx: module.database.open(caller.session, mode: .write),
            services: services(of: module, for: caller, depth: 0))
    }

    /// What a plugin's route answers to a body that is read as it is.
    func respond(
        _ mounted: MountedRoute, to call: Call, of caller: Caller, _ request: Hummingbird.Request,
        from channel: any Channel, requestID: String
    ) async throws -> Response {
        guard let input = mounted.route.rawInput, let module = mounted.module else { throw Problem.notFound }
        let wait = BodyWait()
        let message = try await message(of: request, as: input, from: channel)
        try requireStanding(mounted, caller, after: wait)
        let route = mounted.route
        let reply = try await module.wall.run(for: call.tenant, in: mounted.place) {
            try await route.respond(to: call, message: message)
        }
        return (reply.raw ?? .nothing).response(requestID: requestID)
    }

    /// Reads a message within what is declared.
    ///
    /// - Throws: `Problem` 415 for another type, 413 for more bytes, 408 for what takes too long.
    private func message(
        of request: Hummingbird.Request, as input: RawInput, from channel: any Channel
    ) async throws -> RawMessage {
        let type = request.headers[.contentType]
        guard input.takes(type) else {
            throw Problem(
                status: 415, code: "media_type_unsupported",
                detail: "The body must be \(input.mediaTypes.joined(separator: " or ")).")
        }
        let body = try await RequestBody.bytes(
            of: request, from: channel, within: limits.body, atMost: input.maximumSize)
        let headers = input.headers.flatMap { wanted in
            HTTPField.Name(wanted).map { name in request.headers[values: name].map { (wanted, $0) } } ?? []
        }
        return RawMessage(contentType: type ?? "", body: Array(body.readableBytesView), headers: headers)
    }
}
