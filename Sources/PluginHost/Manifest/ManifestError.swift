/// Why a `plugin.json` cannot be used.
package struct ManifestError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Stable words for the reasons.
    package enum Code: String, Sendable, CaseIterable {
        /// It is no JSON.
        case unreadable = "manifest_unreadable"
        /// Fields are missing, unknown or not as they must be.
        case fieldsInvalid = "manifest_fields_invalid"
        case nameInvalid = "manifest_name_invalid"
        /// Something has a name that is another module's or the platform's own.
        case nameForeign = "manifest_name_foreign"
        case nameTwice = "manifest_name_twice"
        /// The range of PluginKit's versions cannot be read.
        case pluginKitInvalid = "manifest_pluginkit_invalid"
        case homeInvalid = "manifest_home_invalid"
        case settingsInvalid = "manifest_settings_invalid"
        case jobsInvalid = "manifest_jobs_invalid"
        case scheduleInvalid = "manifest_schedule_invalid"
        case usesInvalid = "manifest_uses_invalid"
        case readsInvalid = "manifest_reads_invalid"
    }

    package let code: Code
    package let detail: String

    package init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    package var description: String { "\(code.rawValue): plugin.json: \(detail)" }
}
