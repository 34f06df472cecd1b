internal import NIOCore
internal import NIOHTTP1

/// Closes a connection whose next request's header is not complete in time, however steadily its bytes trickle in.
///
/// One timer per connection looks at what the requests left behind; nothing is scheduled per request.
final class HeaderDeadline: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let firstLimit: TimeAmount
    private let laterLimit: TimeAmount
    /// Requests whose header came and whose answer did not leave.
    private var requestsInProgress = 0
    /// When the next header is due, while no request is in progress.
    private var deadline = NIODeadline.distantFuture
    private var timer: Scheduled<Void>?

    init(_ limits: ConnectionLimits) {
        firstLimit = TimeAmount(limits.header)
        laterLimit = TimeAmount(limits.idle)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { start(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        start(context)
        context.fireChannelActive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head = unwrapInboundIn(data) { requestsInProgress += 1 }
        context.fireChannelRead(data)
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
