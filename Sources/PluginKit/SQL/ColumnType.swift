/// The PostgreSQL types a result may hold; the raw value is the type's OID (pg_type.dat).
///
/// Every other type is cast in the statement, most often to text.
public enum ColumnType: UInt32, Sendable {
    /// `boolean`.
    case bool = 16
    /// `bytea`.
    case bytes = 17
    /// `bigint`.
    case int8 = 20
    /// `smallint`.
    case int2 = 21
    /// `integer`.
    case int4 = 23
    /// `text`.
    case text = 25
    /// `oid`.
    case oid = 26
    /// `json`.
    case json = 114
    /// `real`.
    case float4 = 700
    /// `double precision`.
    case float8 = 701
    /// `text[]`.
    case textArray = 1009
    /// `varchar`.
    case varchar = 1043
    /// `timestamptz`.
    case timestamptz = 1184
    /// `uuid`.
    case uuid = 2950
    /// `jsonb`.
    case jsonb = 3802
    /// `void`: what a function answers that answers nothing.
    case void = 2278
    /// `name`: of a table, a column or a role.
    case name = 19
    /// `"char"`: one byte, as in the catalogues.
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
