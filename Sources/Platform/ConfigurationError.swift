/// What is missing or wrong before something can run: in the installation, or in what a command was asked for.
package struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Stable words for the reasons.
    package enum Code: String, Sendable, CaseIterable {
        /// The platform's own files are not where they are looked for.
        case installationMissing = "installation_missing"
        /// They are where others could have put them.
        case homeUntrusted = "home_untrusted"
        case masterSecretMissing = "master_secret_missing"
        case fileUnreadable = "file_unreadable"
        case fileUnwritable = "file_unwritable"
        /// The database is not prepared, or the kernel's migrations are not those that ran.
        case schemaNotReady = "schema_not_ready"
        case databaseNameInvalid = "database_name_invalid"
        /// A superuser's connection is needed and not given.
        case adminURLMissing = "admin_url_missing"
        case bucketKeysMissing = "bucket_keys_missing"
        case bucketAddressInvalid = "bucket_address_invalid"
        /// The embedded server ended by itself.
        case postgresEnded = "postgres_ended"
        case tenantUnknown = "tenant_unknown"
        case memberUnknown = "member_unknown"
        case tokenUnknown = "token_unknown"
        case moduleUninstalled = "module_uninstalled"
        /// Its plugin is paused or not there.
        case moduleNotServing = "module_not_serving"
        /// No process does the task.
        case taskUnattended = "task_unattended"
        /// The command of a bisection tells neither that the trouble is there nor that it is gone.
        case trialInconclusive = "trial_inconclusive"
        /// A signal ended a bisection before its verdict.
        case bisectionInterrupted = "bisection_interrupted"
        case demoDataInvalid = "demo_data_invalid"
        /// Not everything of the demo's files is in the database afterwards.
        case demoIncomplete = "demo_incomplete"
    }

    package let code: Code
    package let detail: String

    package init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    package var description: String { "\(code.rawValue): \(detail)" }
}
