public import Foundation

/// One value bound to a `$n` of a statement, with the PostgreSQL type it is sent as.
public enum Bind: Sendable {
    /// NULL of a type.
    case null(BindType)
    /// `boolean`.
    case bool(Bool)
    /// `bigint`.
    case int(Int64)
    /// `double precision`.
    case double(Double)
    /// `text`.
    case text(String)
    /// `uuid`.
    case uuid(UUID)
    /// `timestamptz`.
    case timestamp(Timestamp)
    /// `bytea`.
    case bytes([UInt8])
    /// `jsonb`, as text in UTF-8.
    case json([UInt8])
    /// `text[]`.
    case textArray([String])
    /// `uuid[]`.
    case uuidArray([UUID])
    /// `bigint[]`.
    case intArray([Int64])
    /// `timestamptz[]`.
    case timestampArray([Timestamp])
}

/// The PostgreSQL types that values are sent as; the raw value is the type's OID (pg_type.dat).
public enum BindType: UInt32, Sendable {
    /// `boolean`.
    case bool = 16
    /// `bytea`.
    case bytes = 17
    /// `bigint`.
    case int = 20
    /// `text`.
    case text = 25
    /// `double precision`.
    case double = 701
    /// `bigint[]`.
    case intArray = 1016
    /// `text[]`.
    case textArray = 1009
    /// `timestamptz`.
    case timestamp = 1184
    /// `timestamptz[]`.
    case timestampArray = 1185
    /// `uuid`.
    case uuid = 2950
    /// `uuid[]`.
    case uuidArray = 2951
    /// `jsonb`.
    case json = 3802
}

extension Bind {
    /// The type the value is sent as.
    public var type: BindType {
        switch self {
        case .null(let type): type
        case .bool: .bool
        case .int: .int
        case .double: .double
        case .text: .text
        case .uuid: .uuid
        case .timestamp: .timestamp
        case .bytes: .bytes
        case .json: .json
        case .textArray: .textArray
        case .uuidArray: .uuidArray
        case .intArray: .intArray
        case .timestampArray: .timestampArray
        }
    }
}

/// A Swift type whose values can be interpolated into `SQL`.
public protocol Bindable {
    /// The type a value, or its absence, is sent as.
    static var bindType: BindType { get }
    /// The value as it is sent.
    var bind: Bind { get }
}

extension Bool: Bindable {
    /// Sent as `boolean`.
    public static var bindType: BindType { .bool }
    /// The value, bound.
    public var bind: Bind { .bool(self) }
}

extension Int: Bindable {
    /// Sent as `bigint`.
    public static var bindType: BindType { .int }
    /// The value, bound.
    public var bind: Bind { .int(Int64(self)) }
}

extension Int64: Bindable {
    /// Sent as `bigint`.
    public static var bindType: BindType { .int }
    /// The value, bound.
    public var bind: Bind { .int(self) }
}

extension Double: Bindable {
    /// Sent as `double precision`.
    public static var bindType: BindType { .double }
    /// The value, bound.
    public var bind: Bind { .double(self) }
}

extension String: Bindable {
    /// Sent as `text`.
    public static var bindType: BindType { .text }
    /// The value, bound.
    public var bind: Bind { .text(self) }
}

extension UUID: Bindable {
    /// Sent as `uuid`.
    public static var bindType: BindType { .uuid }
    /// The value, bound.
    public var bind: Bind { .uuid(self) }
}

extension ID: Bindable {
    /// Sent as `uuid`.
    public static var bindType: BindType { .uuid }
    /// The value, bound.
    public var bind: Bind { .uuid(uuid) }
}

extension Timestamp: Bindable {
    /// Sent as `timestamptz`.
    public static var bindType: BindType { .timestamp }
    /// The value, bound.
    public var bind: Bind { .timestamp(self) }
}

extension JSONValue: Bindable {
    /// Sent as `jsonb`.
    public static var bindType: BindType { .json }
    /// The value, bound.
    public var bind: Bind { .json(encoded()) }
}

extension [UInt8]: Bindable {
    /// Sent as `bytea`.
    public static var bindType: BindType { .bytes }
    /// The value, bound.
    public var bind: Bind { .bytes(self) }
}
