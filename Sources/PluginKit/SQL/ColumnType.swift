/// The PostgreSQL types a result may hold; the raw value is the type's OID (pg_type.dat).
///
/// Every other type is cast in the statement, most often to text.
public enum ColumnType: UInt32, Sendable {
    case bool = 16
    case bytes = 17
    case int8 = 20
    case int2 = 21
    case int4 = 23
    case text = 25
    case oid = 26
    case json = 114
    case float4 = 700
    case float8 = 701
    case textArray = 1009
    case varchar = 1043
    case timestamptz = 1184
    case uuid = 2950
    case jsonb = 3802
    case void = 2278
    case name = 19
    case char = 18
}

/// The name and type of one column of a result.
public struct Column: Sendable {
    /// Its name.
    public let name: String
    /// Its type.
    public let type: ColumnType

    /// A column of a result.
    public init(name: String, type: ColumnType) {
        self.name = name
        self.type = type
    }
}
