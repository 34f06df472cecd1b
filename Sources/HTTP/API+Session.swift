internal import Files
internal import Hummingbird
internal import Identity
internal import NIOCore
internal import Outbound
internal import PluginHost
@_spi(Kernel) internal import PluginKit
internal import Tenancy

/// What a request in somebody's name goes through besides its handler.
extension API {
    func call(
        _ input: PluginKit.Request, _ mounted: MountedRoute, _ caller: Caller, _ reach: Scope,
        _ claim: IdempotencyClaim?, depth: Int = 0
    ) async throws -> Call {
        let session = caller.session
        let mode: SessionClaims.Mode = mounted.route.method == "GET" ? .read : .write
        return Call(
            request: input, tenant: session.tenant, actor: session.actor, session: caller.login, scope: reach,
            teammates: reach == .team ? try await teammates.of(session) : [],
            permissions: permissions.all(of: caller.grant), impersonator: session.impersonator,
            tx: mounted.module?.database.open(session, mode: mode, claim: claim) ?? .none,
            services: mounted.module.map { services(of: $0, for: caller, depth: depth) } ?? .none,
            // What is begun in the last quarter might not end in time.
            beginsUntil: mounted.module.map { .now + $0.wall.limits.deadline * 3 / 4 })
    }

    /// What the kernel does for a module on behalf of a caller's tenant.
    func services(of module: MountedRoute.Module, for caller: Caller, depth: Int) -> ModuleServices {
        module.services(
            for: caller.session, control,
            commands: Commands {
                try await self.run(command: $0, $1, key: $2, for: caller, askedBy: module, depth: depth + 1)
            })
    }

    /// Runs a route's handler: the kernel's own here, a plugin's behind its wall.
    func respond(_ mounted: MountedRoute, to call: Call, body: JSONValue) async throws -> Reply {
        let route = mounted.route
        guard let module = mounted.module else {
            return try await Acting.$current.withValue(acting(call)) { try await route.respond(to: call, body: body) }
        }
        return try await module.wall.run(for: call.tenant, in: mounted.place) {
            try await route.respond(to: call, body: body)
        }
    }

    /// Who acts in the kernel's own routes.
    func acting(_ call: Call) -> Acting {
        Acting(call.actor, impersonator: call.impersonator, requestID: call.request.id)
    }

    /// Whom a request is from, as far as the connection and the proxies that are trusted tell.
    func address(of request: Hummingbird.Request, from channel: any Channel) -> String? {
        proxies.client(of: channel.remoteAddress?.ipAddress, request.headers)
    }

    func limit(_ request: Hummingbird.Request, from channel: any Channel) throws {
        guard let address = address(of: request, from: channel) else { return }
        try limiter.count(.address(ClientNetwork(address)), perMinute: API.publicRequestsPerMinute)
    }

    func limit(_ caller: Caller) throws {
        let tenant = caller.session.tenant
        if caller.session.actor.kind == .customer {
            let customer = RateLimiter.Subject.customer(tenant.uuid, caller.session.actor.id.uuid)
            try limiter.count(customer, perMinute: API.customerRequestsPerMinute)
        }
        if let limit = caller.requestsPerMinute {
            try limiter.count(.key(caller.session.actor.id.uuid), perMinute: limit)
        }
        try limit(tenant)
    }

    func limit(_ tenant: TenantID) throws {
        if let limit = control.read({ $0.limit("requests_per_minute", of: tenant) }) {
            try limiter.count(.tenant(tenant.uuid), perMinute: limit)
        }
    }

    /// Runs a request once for its idempotency key; whoever comes second is given the first one's answer.
    ///
    /// - Parameter raw: the body that comes as bytes, which are part of what is asked for.
    func once(
        _ claim: IdempotencyClaim?, _ mounted: MountedRoute, _ owner: IdempotencyKeys.Owner, requestID: String,
        raw: RawRequest.Body? = nil, _ body: () async throws -> Answer
    ) async throws -> Answer {
        guard let claim else { return try await body() }
        do {
            if mounted.module == nil { try await idempotency.take(claim, owner) }
            let answer = try await IdempotencyClaim.$current.withValue(mounted.module == nil ? claim : nil) {
                try await body()
            }
            // What is shown once is not kept: whoever comes second learns that the answer is lost.
            if claim.isCommitted, !mounted.route.showsSecret {
                let settled = raw.map { claim.sealed(with: $0.digest) } ?? claim
                try await idempotency.store(status: answer.status, answer.bytes, settled, owner)
            }
            return answer
        } catch is IdempotencyClaim.Taken {
            var outcome = try await idempotency.outcome(claim, owner)
            // The bytes tell whether it is the same upload.
            if case .reused = outcome, let raw, case .session(let session) = owner {
                let digest = try await raw.rest(through: files, of: session.tenant)
                outcome = try await idempotency.outcome(claim.sealed(with: digest), owner)
            }
            guard case .answered(let status, let bytes) = outcome else { throw IdempotencyHeader.problem(for: outcome) }
            return Answer(status: status, replayed: bytes)
        } catch {
            let problem = error as? Problem
            if mounted.module == nil {
                // The kernel's own routes refuse before they change anything; what fails later may have.
                let isRefusal = problem.map { $0.status < 500 } ?? false
                // A key that was not taken here may be another request's.
                if claim.isCommitted, isRefusal || !claim.mayHaveWritten {
                    try await idempotency.release(claim, owner)
                }
            } else if claim.isCommitted {
                try await keep(problem, claim, owner, requestID: requestID)
            }
            throw error
        }
    }

    /// What becomes of a key when a module refuses after its first statement, which took the key: a refusal is an answer
    /// like any other. What may be different the next time is asked again, if nothing was written.
    ///
    /// - Parameter problem: nil for a defect.
    private func keep(
        _ problem: Problem?, _ claim: IdempotencyClaim, _ owner: IdempotencyKeys.Owner, requestID: String
    ) async throws {
        if let problem, problem.status < 500, problem.status != 429 {
            try await idempotency.store(status: problem.status, problem.body(requestID: requestID), claim, owner)
        } else if problem?.status != 504, !claim.mayHaveWritten, !Task.isCancelled {
            // After 504 the module's code may still be at work.
            try await idempotency.release(claim, owner)
        }
    }

    /// The most that one customer may send.
    private static let customerRequestsPerMinute = 300
    /// The most that one address may send to the routes that need no token.
    private static let publicRequestsPerMinute = 6000
}
