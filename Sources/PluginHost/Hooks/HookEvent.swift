internal import Foundation
package import PluginKit

/// What is told of addresses of hooks: never their token.
package enum HookEvent: String, CaseIterable, Sendable {
    case created = "hook.created"
    case rotated = "hook.rotated"
    case removed = "hook.removed"

    /// What people call it.
    package var title: String {
        switch self {
        case .created: "An address for a hook was made"
        case .rotated: "An address for a hook was given another token"
        case .removed: "An address for a hook was taken away"
        }
    }

    /// An event's `data`.
    package static let sample: JSONValue = ["module": "sample", "hook": "sample.note", "name": "Shop"]

    /// The statement that tells it of each row of the CTE `hooks`, in the transaction of the change.
    func telling(by call: Call) -> SQL {
        let id = ID<Void>.make()
        return """
            INSERT INTO core.events (
                tenant_id, id, type, version, module, actor_kind, actor_id, subject, audience, data, request_id, root,
                depth)
            SELECT hooks.tenant_id, \(id), \(rawValue)::text, 1, 'core', \(String(call.actor.kind.rawValue))::text,
                   \(call.actor.id), hooks.id, '{"permission": "hooks.read"}',
                   jsonb_build_object('module', hooks.module_id, 'hook', hooks.hook, 'name', hooks.name),
                   \(call.request.id)::text, \(id), 0
            FROM hooks
            RETURNING 1
            """
    }
}
