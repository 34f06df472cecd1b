internal import PluginKit

extension EventType {
    /// The kernel's own types; `core.event_types` has the same.
    package static let kernel: [EventType] = entities.flatMap { entity in
        entity.changes.map { change in
            EventType(
                type: "\(entity.name).\(change)", title: "\(entity.title) was \(change)", version: 1, module: "core",
                sample: entity.sample)
        }
    }

    private struct Entity {
        let name: String
        let title: String
        let changes: [String]
        let sample: JSONValue

        init(
            _ name: String, _ title: String, _ changes: [String] = ["created", "updated", "deleted"],
            sample: JSONValue
        ) {
            self.name = name
            self.title = title
            self.changes = changes
            self.sample = sample
        }
    }

    private static let id: JSONValue = "0192f0c1-7a00-7000-8000-000000000001"
    private static let time: JSONValue = "2026-11-21T09:00:00+00:00"

    /// What the triggers of `0014_kernel_events.sql` and later ones show of each.
    private static let entities = [
        Entity(
            "tenant", "The tenant", ["created", "updated"],
            sample: [
                "slug": "acme", "name": "Acme", "status": "active", "plan": "standard", "limits": [:], "zone": "UTC",
                "is_test": false,
            ]),
        Entity(
            "member", "A member",
            sample: ["name": "Ada", "email": "ada@acme.example", "role": "agent", "role_id": nil, "status": "active"]),
        Entity(
            "session", "A login", ["created", "updated"],
            sample: ["profile_id": id, "second_factor": false, "revoked_reason": nil]),
        Entity("password_reset", "A new password for a member", ["begun"], sample: [:]),
        Entity("role", "A role", sample: ["name": "Night shift", "permissions": ["conversations.read": "team"]]),
        Entity("team", "A team", sample: ["name": "Billing"]),
        Entity(
            "team_member", "Somebody's place in a team", ["created", "deleted"],
            sample: ["team_id": id, "profile_id": id]),
        Entity(
            "invitation", "An invitation", ["created", "updated"],
            sample: [
                "email": "ada@acme.example", "role": "agent", "role_id": nil, "expires_at": time, "accepted_at": nil,
                "revoked_at": nil,
            ]),
        Entity(
            "api_key", "An API key",
            sample: [
                "name": "Nightly export", "permissions": ["conversations.read"], "requests_per_minute": 600,
                "expires_at": time, "revoked_at": nil,
            ]),
        Entity(
            "impersonation", "An operator's acting as a member", ["created", "updated"],
            sample: [
                "profile_id": id, "operator_id": id, "reason": "Ticket 4711: wrong signature", "may_write": false,
                "expires_at": time, "ended_at": nil,
            ]),
        Entity("module", "A module's switch or settings", sample: ["module_id": "knowledge", "enabled": true]),
        Entity(
            "secret", "A secret of a module", ["created", "updated", "deleted", "used"],
            sample: ["module_id": "knowledge", "name": "webhook_key"]),
        Entity(
            "sign_in", "A sign-in provider",
            sample: [
                "name": "Acme staff", "issuer": "https://login.acme.example", "client_id": "romashka",
                "provisioning": "refuse", "enabled": true,
            ]),
        Entity(
            "sign_in_identity", "Somebody's sign-in by a provider", ["created", "deleted"],
            sample: ["connection_id": id, "profile_id": id]),
        Entity(
            "hook", "An address of a hook",
            sample: ["module_id": "sample", "hook": "sample.note", "name": "Shop"]),
        Entity("host", "A host of the tenant", ["created", "deleted"], sample: ["host": "help.acme.example"]),
        Entity(
            "file", "A file", ["created", "deleted"],
            sample: ["name": "invoice.pdf", "content_type": "application/pdf", "module": nil]),
        Entity("customer_key", "A key that signs who customers are", sample: ["ends_at": nil]),
        Entity(
            "customer_tokens", "The end of a customer's tokens", ["created", "updated"], sample: ["epoch": 2]),
        Entity(
            "export", "A list written out whole", ["begun"],
            sample: ["route": "GET /v1/conversations/export", "format": "csv"]),
        Entity("job", "A dead or waiting job", ["retried", "cancelled", "redriven"], sample: ["jobs": 3]),
    ]
}
