/// The type and the bounds of a field.
public indirect enum FieldType: Sendable {
    /// A UUID, however its letters are written.
    case uuid
    /// `true` or `false`.
    case boolean
    /// A whole number within bounds.
    case integer(ClosedRange<Int64>)
    /// Any number.
    case number
    /// Text of so many characters (Unicode scalars).
    case text(ClosedRange<Int>)
    /// So many lower-case letters of ASCII, digits and inner hyphens, as in the name of a host.
    case slug(ClosedRange<Int>)
    /// An e-mail address, lower-cased when read.
    case email
    /// One of these words.
    case oneOf([String])
    /// RFC 3339 with a zone.
    case timestamp
    /// Any JSON object of at most so many bytes.
    case json(maximumBytes: Int)
    /// An object with its own fields.
    case object(Schema)
    /// So many elements of one type.
    case array(FieldType, ClosedRange<Int>)

    /// A whole number of 64 bits.
    public static let integer = FieldType.integer(Int64.min...Int64.max)

    /// Text of at most `maximum` characters.
    public static func text(max maximum: Int) -> FieldType { .text(0...maximum) }

    /// Whether a field of an object within is shown only once.
    var holdsSecret: Bool {
        switch self {
        case .object(let schema): schema.holdsSecret
        case .array(let element, _): element.holdsSecret
        default: false
        }
    }
}
