internal import NIOCore

/// What the server hands along with a request.
package struct HTTPContext {
    /// The client's connection.
    let channel: any Channel
}
