package import Logging

/// Writes each log event as one JSON object on one line, without personal data.
///
/// A line holds `time` (RFC 3339, UTC, milliseconds), `level`, `label`, `message` and the metadata. Nested metadata
/// is flattened: `["job": ["id": "7"]]` becomes `job.id`. A metadata key that the line already uses for itself is
/// written as `metadata.<key>`. Values whose key the ``Redaction`` covers are replaced; messages and the descriptions
/// of errors are written as they are, so they must be constant texts and the variable parts belong in metadata.
package struct JSONLogHandler: LogHandler {
    /// The keys the line itself uses.
    private static let ownKeys: Set<String> = ["time", "level", "label", "message", "error", "error_type"]

    /// How deep nested metadata is followed.
    private static let deepest = 8

    /// The level from which on events are written.
    package var logLevel: Logger.Level = .info

    /// What is added to every event of this logger.
    package var metadata: Logger.Metadata = [:]

    /// What is added to every event from its surroundings, such as the request's id.
    package var metadataProvider: Logger.MetadataProvider?

    /// The logger's name.
    private let label: String

    /// Where the lines go.
    private let output: LogOutput

    /// What is kept out of them.
    private let redaction: Redaction

    /// Creates a handler.
    ///
    /// - Parameters:
    ///   - label: the logger's name, written in every line.
    ///   - output: where the lines go.
    ///   - redaction: which metadata values are kept out of them.
    ///   - metadataProvider: what is added to every event from its surroundings.
    package init(
        label: String,
        output: LogOutput = .standardError,
        redaction: Redaction = .standard,
        metadataProvider: Logger.MetadataProvider? = nil
    ) {
        self.label = label
        self.output = output
        self.redaction = redaction
        self.metadataProvider = metadataProvider
    }

    /// One value of this logger's own metadata.
    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes one event.
    package func log(event: LogEvent) {
        var line = JSONLine()
        line.time(.now())
        line.member("level", event.level.rawValue)
        line.member("label", label)
        line.member("message", event.message.description)
        if let error = event.error {
            line.member("error_type", String(reflecting: type(of: error)))
            line.member("error", String(describing: error))
        }
        for (key, value) in merged(with: event.metadata).sorted(by: { $0.key < $1.key }) {
            let path = Self.ownKeys.contains(key) ? "metadata.\(key)" : key
            append(path, value, covered: redaction.covers(key), to: &line)
        }
        output.write(line.finished())
    }

    /// All metadata of an event: its own goes before its surroundings', which goes before the logger's.
    private func merged(with own: Logger.Metadata?) -> Logger.Metadata {
        var result = metadata
        if let surroundings = metadataProvider?.get() { result.merge(surroundings) { _, new in new } }
        if let own { result.merge(own) { _, new in new } }
        return result
    }

    /// Appends one member, or one for each leaf of a dictionary.
    private func append(
        _ path: String,
        _ value: Logger.MetadataValue,
        covered: Bool,
        depth: Int = 0,
        to line: inout JSONLine
    ) {
        if !covered, depth < Self.deepest, case .dictionary(let members) = value {
            for (key, member) in members.sorted(by: { $0.key < $1.key }) {
                append("\(path).\(key)", member, covered: redaction.covers(key), depth: depth + 1, to: &line)
            }
        } else {
            line.key(path)
            append(value, covered: covered, depth: depth, to: &line)
        }
    }

    /// Appends one value after its key, or one element of an array.
    private func append(_ value: Logger.MetadataValue, covered: Bool, depth: Int, to line: inout JSONLine) {
        guard !covered else { return line.value(Redaction.placeholder) }
        guard depth < Self.deepest else { return line.value("[too deep]") }
        switch value {
        case .string(let text): line.value(text)
        case .stringConvertible(let convertible): line.value(convertible.description)
        case .array(let elements):
            line.array { line in
                for element in elements { append(element, covered: false, depth: depth + 1, to: &line) }
            }
        case .dictionary(let members):
            line.object { line in
                for (key, member) in members.sorted(by: { $0.key < $1.key }) {
                    line.key(key)
                    append(member, covered: redaction.covers(key), depth: depth + 1, to: &line)
                }
            }
        }
    }
}
