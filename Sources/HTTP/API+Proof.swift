internal import Foundation
internal import Hummingbird
internal import Identity
internal import NIOCore
@_spi(Kernel) internal import PluginKit

/// Who somebody is, and whether they still are once their body has come.
extension API {
    /// The caller behind a request's token.
    ///
    /// - Throws: `Problem` 401 `unauthenticated`, 403 `tenant_suspended`, 429 `rate_limited`.
    func caller(of request: Hummingbird.Request, from channel: any Channel) async throws -> Caller {
        let token = request.bearer
        return try await proofs.checked(token, as: .key, from: address(of: request, from: channel)) {
            try await authenticator.caller(token)
        }
    }

    /// The operator behind a request's token.
    ///
    /// - Throws: `Problem` 401 `unauthenticated`, 429 `rate_limited`.
    func `operator`(of request: Hummingbird.Request, from channel: any Channel) async throws -> UUID {
        let token = request.bearer
        return try await proofs.checked(token, as: .operatorToken, from: address(of: request, from: channel)) {
            try await authenticator.operator(token).uuid
        }
    }

    /// Refuses whoever may no longer do what they were let in for, where their body took its time.
    func requireStanding(_ mounted: MountedRoute, _ caller: Caller, after wait: BodyWait) throws {
        guard wait.isLong else { return }
        try authenticator.requireStanding(caller, provedAt: wait.begin)
        _ = try requireAccess(mounted, caller)
    }
}

/// How long a body was waited for.
struct BodyWait {
    /// Less than what it takes until a change is known here, so that nobody gains anything by staying below it.
    private static let bound: Duration = .milliseconds(50)

    /// When the request was there without its body.
    let begin = Date()
    private let start = ContinuousClock.now

    /// Whether what let the request in may have ended since.
    var isLong: Bool { start.duration(to: .now) > BodyWait.bound }
}
