/// Why a module is not uninstalled, or not installed. Nothing was changed then.
package struct UninstallError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Stable words for the reasons.
    package enum Code: String, Sendable {
        /// Neither the folder of plugins nor the database knows it.
        case unknown = "module_unknown"
        /// It is uninstalled already.
        case uninstalled = "module_uninstalled"
        /// It is not uninstalled, so there is nothing to install.
        case installed = "module_installed"
        /// Another module that is installed requires it.
        case required = "module_required"
        /// A tenant has it on.
        case enabled = "module_enabled"
        /// It takes part in a bisection.
        case underBisection = "bisection_under_way"
        /// What would be lost was not agreed to.
        case unconfirmed = "confirmation_needed"
        /// There is something where the export should be.
        case folderTaken = "folder_taken"
        /// The export could not be written whole.
        case exportFailed = "export_failed"
        /// Its files are where this command was not told of.
        case filesUnavailable = "files_unavailable"
    }

    package let code: Code
    package let detail: String

    package init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    package var description: String { "\(code.rawValue): \(detail)" }
}
