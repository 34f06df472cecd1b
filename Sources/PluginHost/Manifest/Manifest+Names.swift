internal import Tenancy

/// Names that a plugin brings are told apart by the module's name that they begin with. Settings, schedules and search
/// functions need none: they are looked for within their module.
extension Manifest {
    /// Refuses names that are, or could be, another's.
    func requireOwnNames() throws(ManifestError) {
        guard !PlatformNames.isTaken(id.description) else {
            throw ManifestError(
                .nameForeign,
                "id: expected a name of its own, found \(id), which is the platform's; fix: choose another")
        }
        guard !ReservedWords.all.contains(id.description) else {
            throw ManifestError(
                .nameInvalid,
                "id: expected a name that SQL takes without quotes, found \(id), which is a word of PostgreSQL's own; "
                    + "fix: choose another, such as \(id)_desk")
        }
        try requireOwn("command", commands)
        try requireOwn("hook", hooks.map(\.id))
        try requireOwn("permission", permissions.map(\.id))
        try requireOwnEvents()
    }

    private func requireOwn(_ what: String, _ names: [String]) throws(ManifestError) {
        try requirePrefix(what, names)
        try requireOnce(what, names)
    }

    /// Refuses what does not begin with the module's name and a point.
    func requirePrefix(_ what: String, _ names: [String]) throws(ManifestError) {
        for name in names where !name.hasPrefix("\(id).") {
            throw ManifestError(.nameForeign, "\(what) \(name) must begin with \(id).")
        }
    }

    /// Refuses a name that is there twice.
    func requireOnce(_ what: String, _ names: [String]) throws(ManifestError) {
        var seen: Set<String> = []
        for name in names where !seen.insert(name).inserted {
            throw ManifestError(.nameTwice, "\(what) \(name) is there twice")
        }
    }

    /// An event's type begins with the module's name, or with a word that the platform keeps for this module.
    private func requireOwnEvents() throws(ManifestError) {
        for type in events.map(\.type) {
            let words = type.split(separator: ".", omittingEmptySubsequences: false)
            guard words.count > 1, words.allSatisfy(Manifest.isWord) else {
                throw ManifestError(
                    .nameInvalid, "event \(type) must be lower-case words with points between them: \(id).created")
            }
            let word = String(words[0])
            guard word != id.description, PlatformNames.events[word] != id.description else { continue }
            let owner = PlatformNames.owner(ofEventsOf: word).map { ", which belongs to \($0)" } ?? ""
            throw ManifestError(
                .nameForeign,
                "event \(type): expected a type that begins with \(id)., found one that begins with "
                    + "\(word).\(owner); fix: call it \(id).\(type)")
        }
        try requireOnce("event", events.map(\.type))
    }

    /// A lower-case letter followed by letters, digits and underscores; `core.event_types` says the same.
    static func isWord(_ text: some StringProtocol) -> Bool {
        guard let first = text.utf8.first, (97...122).contains(first) else { return false }
        return text.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 95 }
    }
}
