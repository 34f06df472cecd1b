package import Hummingbird
internal import NIOCore

/// What the server hands along with a request.
package struct HTTPContext: InitializableFromSource {
    /// The client's connection.
    let channel: any Channel

    package init(source: ApplicationRequestContextSource) {
        channel = source.channel
    }
}
