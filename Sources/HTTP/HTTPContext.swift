package import Hummingbird

/// What the server hands along with a request; we need nothing of it.
package struct HTTPContext: InitializableFromSource {
    package init(source: ApplicationRequestContextSource) {}
}
