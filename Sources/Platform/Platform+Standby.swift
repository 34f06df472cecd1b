internal import Logging
internal import PluginHost
internal import PluginKit
internal import Tenancy

/// What a server does that stands by.
extension Platform {
    /// Opens the connections that the first requests would wait for. Nothing depends on it.
    func warmUp(_ logger: Logger) async {
        do {
            try await databases.open()
        } catch {
            logger.warning("connections are not opened beforehand", metadata: ["error": "\(error)"])
        }
    }

    /// Takes in what crashed processes of this machine left behind since the start. The next start does what fails here.
    func noteCrashes(_ logger: Logger) async {
        guard let crashLog else { return }
        do {
            try await pauses.note(crashLog)
            try await control.refresh()
        } catch {
            logger.error("crashes could not be taken in", metadata: ["error": "\(error)"])
        }
    }
}
