import Testing

@testable import HTTP

@Suite("RequestID")
struct RequestIDTests {
    @Test(
        "A short plain word is taken over",
        arguments: ["abcdefgh", "01999999-9999-7999-8999-999999999999", "A_b-C_9-", String(repeating: "x", count: 64)])
    func takenOver(id: String) {
        #expect(RequestID.make(from: id) == id)
    }

    @Test(
        "Anything else is replaced",
        arguments: [
            nil, "", "short", String(repeating: "x", count: 65), "with space", "line\nbreak", "quote\"quote",
            "semi;colon", "../../etc", "{\"a\":1}--", "ääääääää", "null\u{0}null",
        ])
    func replaced(id: String?) {
        let made = RequestID.make(from: id)
        #expect(made != id && made.utf8.count == 36)
    }

    @Test("New ids differ")
    func unique() {
        #expect(Set((0..<100).map { _ in RequestID.make(from: nil) }).count == 100)
    }
}
