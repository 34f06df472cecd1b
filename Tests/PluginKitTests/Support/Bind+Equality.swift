public import PluginKit

extension Bind: @retroactive Equatable {
    /// Whether both send the same value as the same type.
    public static func == (left: Bind, right: Bind) -> Bool {
        left.type == right.type && "\(left)" == "\(right)"
    }
}
