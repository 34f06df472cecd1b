package import Identity
@_spi(Kernel) package import PluginKit
package import Postgres
internal import Tenancy

/// What is said about events, and what is said in passing. The stream itself answers no JSON and is beside the routes.
package struct EventRoutes: Sendable {
    private let types: [EventType]
    private let policy: EventPolicy
    private let history: EventHistory
    private let whispers: Whispers

    /// - Parameters:
    ///   - types: those of all modules.
    ///   - pipeline: of the kernel's role `worker`.
    ///   - leases: for the list, which takes long where there are many events.
    ///   - retention: how far the list reaches back.
    package init(
        types: [EventType], policy: EventPolicy, teammates: Teammates, pipeline: PipelineConnection,
        leases: LeasePool, retention: Duration
    ) {
        self.types = types
        self.policy = policy
        history = EventHistory(
            leases: leases, policy: policy, teammates: teammates, retention: retention)
        whispers = Whispers(pipeline: pipeline)
    }

    /// The paths that no plugin may serve.
    package static let mounts = ["/events", "/presence", "/typing"]

    /// All of them.
    package var all: [Route] {
        [
            .callList(
                "/events", .session, of: EventPayload.self,
                "The events of the last day that the caller may see; a page may be empty and yet have a next one"
            ) { call in
                try await history.list(for: call)
            },
            .callList("/events/types", .session, of: EventTypePayload.self, "The types of events, with samples") {
                call in
                let serving = policy.serving(Set(types.map(\.module)), call.tenant)
                return Page(try types.filter { serving.contains($0.module) }.map { try $0.resource() })
            },
            .call("POST", "/presence", .session, takes: PresenceInput.self, "Say whether one is there, and where") {
                call, input in try await whispers.send(input, of: call)
            },
            .call(
                "POST", "/typing", .permission(Whispers.conversations), takes: TypingInput.self,
                "Say that one types in a conversation"
            ) { call, input in
                try await whispers.send(input, of: call)
            },
        ]
    }
}
