import Platform
import Testing

@Suite("Configuration error")
struct ConfigurationErrorTests {
    private static let words: [(ConfigurationError.Code, String)] = [
        (.installationMissing, "installation_missing"),
        (.homeUntrusted, "home_untrusted"),
        (.masterSecretMissing, "master_secret_missing"),
        (.fileUnreadable, "file_unreadable"),
        (.fileUnwritable, "file_unwritable"),
        (.schemaNotReady, "schema_not_ready"),
        (.databaseNameInvalid, "database_name_invalid"),
        (.adminURLMissing, "admin_url_missing"),
        (.bucketKeysMissing, "bucket_keys_missing"),
        (.bucketAddressInvalid, "bucket_address_invalid"),
        (.postgresEnded, "postgres_ended"),
        (.tenantUnknown, "tenant_unknown"),
        (.memberUnknown, "member_unknown"),
        (.tokenUnknown, "token_unknown"),
        (.moduleUninstalled, "module_uninstalled"),
        (.moduleNotServing, "module_not_serving"),
        (.taskUnattended, "task_unattended"),
        (.trialInconclusive, "trial_inconclusive"),
        (.bisectionInterrupted, "bisection_interrupted"),
        (.demoDataInvalid, "demo_data_invalid"),
        (.demoIncomplete, "demo_incomplete"),
    ]

    @Test("Its codes stay as they are, and each comes first in what is said", arguments: words)
    func codes(code: ConfigurationError.Code, word: String) {
        #expect(ConfigurationError(code, "why").description == "\(word): why")
    }

    @Test("Every code is known here")
    func all() {
        #expect(Self.words.map(\.0) == ConfigurationError.Code.allCases)
    }
}
