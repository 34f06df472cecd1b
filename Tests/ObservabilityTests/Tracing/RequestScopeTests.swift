import Logging
import Observability
import Testing

@Suite("RequestScope")
struct RequestScopeTests {
    @Test("Whatever is logged on behalf of a request carries its ids, also from tasks below it; nothing else does")
    func metadata() async throws {
        let log = try CapturedLog(provider: RequestScope.metadataProvider)
        let tracer = Tracer(ratio: nil)
        let scope = RequestScope(requestID: "deploy-4711", span: tracer.begin(after: nil), tracer: tracer)
        log.logger.info("before")
        await RequestScope.$current.withValue(scope) {
            log.logger.info("within")
            await withTaskGroup(of: Void.self) { tasks in tasks.addTask { log.logger.info("below") } }
        }
        log.logger.info("after")
        for line in try log.lines() {
            let isWithin = ["within", "below"].contains(line["message"] as? String)
            #expect(line["request_id"] as? String == (isWithin ? "deploy-4711" : nil))
            #expect(line["trace_id"] as? String == (isWithin ? scope.span.trace.description : nil))
            #expect(line["span_id"] as? String == (isWithin ? scope.span.span.description : nil))
        }
        #expect(try log.lines().count == 4)
    }
}
