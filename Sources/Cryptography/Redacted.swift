/// A value with a secret inside, of which only its `description` is ever shown.
package protocol Redacted: CustomStringConvertible, CustomReflectable {}

extension Redacted {
    /// No children: `dump` and failures of tests show the description only.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
