import Foundation
import Testing

/// The page that says which test tries which attack, held against the sources.
@Suite("Attack table")
struct AttackTableTests {
    private struct Line {
        let attack: String
        let tests: [(suite: String, function: String)]
    }

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()

    private static func lines() throws -> [Line] {
        let page = try String(contentsOf: folder.appending(path: "README.md"), encoding: .utf8)
        return page.split(separator: "\n").compactMap { line in
            guard let attack = line.firstMatch(of: /^\| ([AD]\d+) \|/) else { return nil }
            let tests = line.matches(of: /`(\w+Tests)\.(\w+)`/).map { (String($0.1), String($0.2)) }
            return Line(attack: String(attack.1), tests: tests)
        }
    }

    /// Every source of tests, of the kernel and of its plugins.
    private static func sources() throws -> [String] {
        let root = folder.appending(path: "../../..").standardizedFileURL
        return try ["Tests", "Plugins"].flatMap { name in
            let files = FileManager.default.enumerator(at: root.appending(path: name), includingPropertiesForKeys: nil)
            return try (files?.compactMap { $0 as? URL } ?? []).filter { $0.pathExtension == "swift" }
                .map { try String(contentsOf: $0, encoding: .utf8) }
        }
    }

    /// The display name of a test; nil when there is no such test.
    private static func title(of test: (suite: String, function: String), in sources: [String]) -> String? {
        for source in sources
        where source.contains("struct \(test.suite) ") || source.contains("extension \(test.suite) ") {
            guard let function = source.range(of: "func \(test.function)("),
                let attribute = source[..<function.lowerBound].range(of: "@Test", options: .backwards)
            else { continue }
            return String(source[attribute.lowerBound..<function.lowerBound])
        }
        return nil
    }

    @Test("Every attack from 39 to 75 has a test that bears its number, and every test that is named exists")
    func complete() throws {
        let (lines, sources) = (try Self.lines(), try Self.sources())
        #expect(sources.count > 150)
        let attacks = lines.map(\.attack).filter { $0.hasPrefix("A") }
        #expect(attacks == (39...75).map { "A\($0)" })
        #expect(lines.count { $0.attack.hasPrefix("D") } >= 12)
        for line in lines {
            #expect(!line.tests.isEmpty, "\(line.attack) has no test")
            let titles = line.tests.map { Self.title(of: $0, in: sources) }
            for (test, title) in zip(line.tests, titles) {
                #expect(title != nil, "\(line.attack): there is no \(test.suite).\(test.function)")
            }
            guard line.attack.hasPrefix("A") else { continue }
            let number = try Regex("\"(A\\d+, )*\(line.attack)[,:]")
            #expect(titles.contains { $0?.contains(number) == true }, "no test bears \(line.attack) in its name")
        }
    }
}
