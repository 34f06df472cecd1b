import NIOHTTP1
import Testing

@testable import HTTP

@Suite("RequestTarget")
struct RequestTargetTests {
    @Test(
        "a target that names another host than Host makes two of them",
        arguments: [
            ("/help", ["a.example"]), ("*", ["a.example"]), ("http://a.example/help", ["a.example"]),
            ("HTTP://A.example?x", ["a.example"]), ("http://b.example/", ["a.example", "b.example"]),
            ("http://a.example:80/", ["a.example", "a.example:80"]), ("http:///x", ["a.example", ""]),
            ("/http://b.example", ["a.example"]), ("x?http://b.example", ["a.example"]),
            ("http://a.example@b.example/", ["a.example", "a.example@b.example"]),
        ])
    func hosts(target: String, expected: [String]) {
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: target, headers: ["Host": "a.example"])
        #expect(RequestTarget.settled(head).headers["Host"] == expected)
    }
}
