@_spi(Kernel) import PluginKit
import Testing

@Suite("RawMessage")
struct RawMessageTests {
    @Test("a header is found in any case, and not when it is there twice")
    func headers() {
        let message = RawMessage(
            contentType: "text/plain", body: [1],
            headers: [("X-One", "1"), ("X-Two", "a"), ("x-two", "b")])
        #expect(message.header("x-one") == "1" && message.header("X-Two") == nil && message.header("X-Three") == nil)
    }

    @Test("a body that is no JSON is refused with 400")
    func json() throws {
        #expect(try RawMessage(contentType: "", body: Array("{\"a\":1}".utf8)).json()["a"] == 1)
        #expect(throws: Problem.self) { try RawMessage(contentType: "", body: [0x7B]).json() }
    }

    @Test("a hook takes the types it names and hands on no header that says who somebody is")
    func input() {
        let hook = Hook(
            "a.b", accepts: ["Application/JSON"], maximumSize: .max,
            headers: ["X-Signature", "authorization", "Cookie"], ""
        ) { _, _ in .nothing }
        #expect(hook.input.headers == ["X-Signature"] && hook.input.maximumSize == RawInput.largestMaximum)
        for type in ["application/json", "APPLICATION/JSON; charset=utf-8", "application/json ;x"] {
            #expect(hook.input.takes(type))
        }
        for type in [nil, "", "text/json", "application/jsonx", "application/json,text/html"] {
            #expect(!hook.input.takes(type))
        }
    }
}
