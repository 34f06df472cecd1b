internal import PluginKit
internal import Tenancy

extension Call {
    /// The person who calls; nil for a key.
    var member: ProfileID? { actor.kind == .member ? ProfileID(actor.id.uuid) : nil }
}
