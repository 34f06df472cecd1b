internal import NIOCore
internal import NIOHTTP1

/// Closes a connection whose next request's header is not complete in time, however steadily its bytes trickle in, one on
/// which a body that was refused does not end in time, and one whose client takes nothing of an answer for too long.
///
/// One timer per connection looks at what the requests left behind; nothing is scheduled per request that is well.
final class HeaderDeadline: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let firstLimit: TimeAmount
    private let laterLimit: TimeAmount
    private let bodyLimit: TimeAmount
    private let stallLimit: TimeAmount
    /// Requests whose header came and whose answer did not leave.
    private var requestsInProgress = 0
    /// When the next header is due, while no request is in progress.
    private var deadline = NIODeadline.distantFuture
    private var timer: Scheduled<Void>?
    /// Whether the end of the last request is still to come.
    private var isBodyComing = false
    /// Whether the client waits to be told that its body is wanted.
    private var isAsking = false
    /// Whether the connection ends with the answer that is being written.
    private var isLast = false
    /// Ends the connection when a refused body goes on for too long.
    private var refusal: Scheduled<Void>?
    /// Since when no byte was seen to leave, and how many wait; nil while there is room for more.
    private var stall: (since: NIODeadline, byteCount: Int)?

    init(_ limits: ConnectionLimits) {
        firstLimit = TimeAmount(limits.header)
        laterLimit = TimeAmount(limits.idle)
        bodyLimit = TimeAmount(limits.body)
        stallLimit = TimeAmount(limits.stall)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { start(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        start(context)
        context.fireChannelActive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        refusal?.cancel()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            requestsInProgress += 1
            isBodyComing = true
            isAsking = head.version == .http1_1 && head.headers[canonicalForm: "expect"].contains("100-continue")
            return context.fireChannelRead(wrapInboundOut(.head(RequestTarget.settled(head))))
        case .body: break
        case .end:
            isBodyComing = false
            refusal?.cancel()
            refusal = nil
        }
        context.fireChannelRead(data)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        // How many wait is first counted at the next look: more of the same answer may follow now.
        stall = context.channel.isWritable ? nil : (since: NIODeadline.now(), byteCount: Int.max)
        // Who has just taken an answer has not had the time to ask for another one.
        if stall == nil { deadline = max(deadline, .now() + laterLimit) }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is BodyWanted {
            guard isAsking else { return }
            isAsking = false
            let head = HTTPResponseHead(version: .http1_1, status: .continue)
            return context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
        }
        guard event is BodyRefused else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        guard isBodyComing, refusal == nil else { return }
        refusal = context.eventLoop.assumeIsolated().scheduleTask(in: bodyLimit) { context.close(promise: nil) }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head) where isAsking:
            // Whether the body comes all the same nobody can know, so what follows could be taken for it (RFC 9110,
            // section 10.1.1).
            isAsking = false
            isLast = true
            head.headers.replaceOrAdd(name: "connection", value: "close")
            return context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .head, .body: break
        case .end:
            requestsInProgress -= 1
            deadline = .now() + laterLimit
            if isLast { return end(context, data, promise) }
        }
        context.write(data, promise: promise)
    }

    /// Writes the end of the last answer, and closes after it.
    private func end(_ context: ChannelHandlerContext, _ data: NIOAny, _ promise: EventLoopPromise<Void>?) {
        let written = promise ?? context.eventLoop.makePromise()
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        written.futureResult.whenComplete { _ in bound.value.close(promise: nil) }
        context.writeAndFlush(data, promise: written)
    }

    private func start(_ context: ChannelHandlerContext) {
        guard timer == nil else { return }
        deadline = .now() + firstLimit
        look(context, at: deadline)
    }

    private func look(_ context: ChannelHandlerContext, at time: NIODeadline) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: time) {
            let now = NIODeadline.now()
            if self.isStalled(context, at: now) {
                context.close(promise: nil)
            } else if self.requestsInProgress > 0 || self.stall != nil {
                self.look(context, at: now + self.laterLimit)
            } else if self.deadline > now {
                self.look(context, at: self.deadline)
            } else {
                context.close(promise: nil)
            }
        }
    }

    /// Whether nothing has left for too long. While there is no room nothing more is written, so where fewer bytes wait
    /// than at the last look, some have left.
    private func isStalled(_ context: ChannelHandlerContext, at now: NIODeadline) -> Bool {
        guard let last = stall else { return false }
        let byteCount = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        let since = byteCount < last.byteCount ? now : last.since
        stall = (since: since, byteCount: byteCount)
        return now - since >= stallLimit
    }
}

/// The body of the request in progress is about to be read: whoever waits to be told so is told (RFC 9110, 100 Continue).
struct BodyWanted: Sendable {}

/// The body of the request in progress was refused: what still comes of it is read and dropped, but not without end.
struct BodyRefused: Sendable {}
