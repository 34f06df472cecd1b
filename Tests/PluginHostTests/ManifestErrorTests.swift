import PluginHost
import Testing

@Suite("Manifest error")
struct ManifestErrorTests {
    private static let words: [(ManifestError.Code, String)] = [
        (.unreadable, "manifest_unreadable"),
        (.fieldsInvalid, "manifest_fields_invalid"),
        (.nameInvalid, "manifest_name_invalid"),
        (.nameForeign, "manifest_name_foreign"),
        (.nameTwice, "manifest_name_twice"),
        (.pluginKitInvalid, "manifest_pluginkit_invalid"),
        (.homeInvalid, "manifest_home_invalid"),
        (.settingsInvalid, "manifest_settings_invalid"),
        (.jobsInvalid, "manifest_jobs_invalid"),
        (.scheduleInvalid, "manifest_schedule_invalid"),
        (.usesInvalid, "manifest_uses_invalid"),
        (.readsInvalid, "manifest_reads_invalid"),
    ]

    @Test("Its codes stay as they are, and each comes first in what is said", arguments: words)
    func codes(code: ManifestError.Code, word: String) {
        #expect(ManifestError(code, "why").description == "\(word): plugin.json: why")
    }

    @Test("Every code is known here")
    func all() {
        #expect(Self.words.map(\.0) == ManifestError.Code.allCases)
    }
}
