/// What a file is called: one segment of text to show people and to save it as, never a path of this machine.
package enum FileName {
    private static let maximumLength = 255

    /// The last segment of a name, whichever way its slashes lean, without what cannot be seen: control characters, and
    /// marks that turn the direction of text around (`exe.fdp` that reads `pdf.exe`).
    package static func clean(_ text: String) -> String {
        // By scalars, and slashes last: one that a mark is joined to is another character, and hidden ones may hide it.
        let segment = text.unicodeScalars.filter { !isHidden($0) }.split { $0 == "/" || $0 == "\\" }.last ?? []
        let visible = String(String.UnicodeScalarView(segment.prefix(maximumLength)))
        let trimmed = visible.drop { $0 == " " }
        // Nothing is called `.` or `..`.
        return trimmed.allSatisfy { $0 == "." || $0 == " " } ? "file" : String(trimmed)
    }

    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: true
        default: false
        }
    }
}
