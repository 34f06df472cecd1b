internal import Foundation
internal import PluginKit

/// A plugin that is called as its library's file is, so that many modules can be made of one build.
let plugin = Plugin {
    Get("/\(Name.own)/ping", needs: "\(Name.own).read", returns: Pong.self, "Answer") { _ in
        try Resource(["module": .string(Name.own)])
    }
}

/// Where the kernel enters.
@c(romashka_plugin)
public func entry() -> UnsafeMutableRawPointer { plugin.entry }

/// The module's name: `libFirst.so` is `first`.
enum Name {
    static let own: String = {
        let own = UInt(bitPattern: #dsohandle)
        let data = try? FileHandle(forReadingAtPath: "/proc/self/maps")?.readToEnd()
        let maps = data.map { String(decoding: $0, as: UTF8.self) }
        let line = maps?.split(separator: "\n").first { line in
            let bounds = line.prefix { $0 != " " }.split(separator: "-").compactMap { UInt($0, radix: 16) }
            return bounds.count == 2 && bounds[0] <= own && own < bounds[1]
        }
        guard let path = line?.split(separator: " ").last else { return "chameleon" }
        let file = URL(fileURLWithPath: String(path)).deletingPathExtension().lastPathComponent
        return file.dropFirst(3).lowercased()
    }()
}

/// Which module answered.
enum Pong: Payload {
    static let schema = Schema("Pong", [Field("module", .text(1...40), example: "chameleon")])
}
