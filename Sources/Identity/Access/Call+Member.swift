internal import PluginKit
internal import Tenancy

extension Call {
    /// The person who calls; nil for a key.
    var member: ProfileID? { actor.kind == .member ? ProfileID(actor.id.uuid) : nil }
    /// The key that calls; nil for a person.
    var key: ID<APIKey>? { actor.kind == .apiKey ? ID<APIKey>(actor.id.uuid) : nil }
}
