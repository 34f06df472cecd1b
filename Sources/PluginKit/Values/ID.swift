public import Foundation

/// The identifier of one kind of thing: `ID<Tenant>` and `ID<Session>` never mix.
///
/// Ids are UUIDv7 (RFC 9562 §5.7) made in the process that creates the row, so that they sort by time
/// and no sequence is shared between tenants.
public struct ID<Entity>: Hashable, Sendable {
    /// The identifier as it stands in the database and in JSON.
    public let uuid: UUID

    /// Wraps an identifier that was read from a trusted place.
    public init(_ uuid: UUID) {
        self.uuid = uuid
    }

    /// Parses the canonical text form; nil when `text` is not a UUID.
    public init?(_ text: some StringProtocol) {
        guard let uuid = UUID(canonical: text) else { return nil }
        self.uuid = uuid
    }

    /// A new identifier, time-ordered.
    public static func make() -> ID {
        ID(UUID.version7())
    }
}

extension ID: CustomStringConvertible {
    /// The canonical lower-case text form.
    public var description: String { uuid.lowercased }
}

/// A customer of the platform: one company with its people, its customers and its data.
public enum Tenant {}
/// One person's membership of a tenant.
public enum Profile {}
/// One login.
public enum LoginSession {}
/// Who did something; which kind is said by `Actor.kind`.
public enum ActorSubject {}

/// A tenant's id.
public typealias TenantID = ID<Tenant>
/// A membership's id.
public typealias ProfileID = ID<Profile>
/// A login's id.
public typealias LoginSessionID = ID<LoginSession>
/// An actor's id.
public typealias ActorID = ID<ActorSubject>
