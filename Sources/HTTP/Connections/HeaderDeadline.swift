internal import NIOCore
internal import NIOHTTP1

/// Closes a connection whose next request's header is not complete in time, however steadily its bytes trickle in, and
/// one on which a body that was refused does not end in time.
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
    /// Requests whose header came and whose answer did not leave.
    private var requestsInProgress = 0
    /// When the next header is due, while no request is in progress.
    private var deadline = NIODeadline.distantFuture
    private var timer: Scheduled<Void>?
    /// Whether the end of the last request is still to come.
    private var isBodyComing = false
    /// Ends the connection when a refused body goes on for too long.
    private var refusal: Scheduled<Void>?

    init(_ limits: ConnectionLimits) {
        firstLimit = TimeAmount(limits.header)
        laterLimit = TimeAmount(limits.idle)
        bodyLimit = TimeAmount(limits.body)
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
            return context.fireChannelRead(wrapInboundOut(.head(RequestTarget.settled(head))))
        case .body: break
        case .end:
            isBodyComing = false
            refusal?.cancel()
            refusal = nil
        }
        context.fireChannelRead(data)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is BodyRefused else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        guard isBodyComing, refusal == nil else { return }
        refusal = context.eventLoop.assumeIsolated().scheduleTask(in: bodyLimit) { context.close(promise: nil) }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) {
            requestsInProgress -= 1
            deadline = .now() + laterLimit
        }
        context.write(data, promise: promise)
    }

    private func start(_ context: ChannelHandlerContext) {
        guard timer == nil else { return }
        deadline = .now() + firstLimit
        look(context, at: deadline)
    }

    private func look(_ context: ChannelHandlerContext, at time: NIODeadline) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: time) {
            let now = NIODeadline.now()
            if self.requestsInProgress > 0 {
                self.look(context, at: now + self.laterLimit)
            } else if self.deadline > now {
                self.look(context, at: self.deadline)
            } else {
                context.close(promise: nil)
            }
        }
    }
}

/// The body of the request in progress was refused: what still comes of it is read and dropped, but not without end.
struct BodyRefused: Sendable {}
