internal import NIOCore
internal import NIOHTTP1

/// Closes a connection whose next request's header is not complete in time, however steadily its bytes trickle in, one on
/// which a body that was refused does not end in time, one whose client takes nothing of an answer for too long, and each
/// after its last answer.
///
/// One timer per connection looks at what the requests left behind; nothing is scheduled per request that is well.
final class ConnectionDeadlines: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let firstLimit: TimeAmount
    private let laterLimit: TimeAmount
    private let bodyLimit: TimeAmount
    private let stallLimit: TimeAmount
    private var exchanges = Exchanges()
    /// When the next header is due, while no request is in progress.
    private var deadline = NIODeadline.distantFuture
    private var timer: Scheduled<Void>?
    /// Ends the connection when a body that nobody reads goes on for too long.
    private var refusal: Scheduled<Void>?
    /// When the last answer has left.
    private var farewell: EventLoopFuture<Void>?
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

    func read(context: ChannelHandlerContext) {
        // What is not read the client cannot send either.
        if exchanges.mayRead { context.read() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        let passage = exchanges.receive(part)
        if case .end = part {
            refusal?.cancel()
            refusal = nil
        }
        switch passage {
        case .goesOn:
            guard case .head(let head) = part else { return context.fireChannelRead(data) }
            context.fireChannelRead(wrapInboundOut(.head(RequestTarget.settled(head))))
        case .isDropped: break
        case .ends: close(context)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if exchanges.isDraining { context.read() }
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError || error is ByteToMessageDecoderError else {
            return context.fireErrorCaught(error)
        }
        switch exchanges.fail() {
        case .goesOn: context.fireErrorCaught(error)
        case .isDropped: break
        case .ends: close(context)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        // How many wait is first counted at the next look: more of the same answer may follow now.
        stall = context.channel.isWritable ? nil : (since: NIODeadline.now(), byteCount: Int.max)
        // Who has just taken an answer has not had the time to ask for another one.
        if stall == nil { deadline = max(deadline, .now() + laterLimit) }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is BodyWanted:
            guard exchanges.welcome() else { return }
            let head = HTTPResponseHead(version: .http1_1, status: .continue)
            context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
        case is BodyRefused:
            if exchanges.isBodyComing { limitRest(context) }
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if exchanges.isOver {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(let head):
            context.write(wrapOutboundOut(.head(exchanges.answer(head))), promise: promise)
        case .body:
            context.write(data, promise: promise)
        case .end:
            deadline = .now() + laterLimit
            switch exchanges.endAnswer() {
            case .goesOn:
                context.write(data, promise: promise)
            case .ends:
                finish(context, data, promise)
                close(context)
            case .endsAfterBody:
                finish(context, data, promise)
                close(context, mode: .output)
                limitRest(context)
                context.read()
            }
        }
    }

    /// Writes the end of the last answer.
    private func finish(_ context: ChannelHandlerContext, _ data: NIOAny, _ promise: EventLoopPromise<Void>?) {
        let written = promise ?? context.eventLoop.makePromise()
        farewell = written.futureResult
        context.writeAndFlush(data, promise: written)
    }

    /// Closes when the last answer has left.
    private func close(_ context: ChannelHandlerContext, mode: CloseMode = .all) {
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        farewell?.whenComplete { _ in bound.value.close(mode: mode, promise: nil) }
    }

    /// Gives what still comes of a body that nobody reads so long.
    private func limitRest(_ context: ChannelHandlerContext) {
        guard refusal == nil else { return }
        refusal = context.eventLoop.assumeIsolated().scheduleTask(in: bodyLimit) { context.close(promise: nil) }
    }

    private func start(_ context: ChannelHandlerContext) {
        guard timer == nil else { return }
        deadline = .now() + firstLimit
        look(context, at: deadline)
    }

    private func look(_ context: ChannelHandlerContext, at time: NIODeadline) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: time) {
            let now = NIODeadline.now()
            self.measure(context, at: now)
            if self.isStalled(at: now) {
                context.close(promise: nil)
            } else if self.exchanges.isBusy || self.stall != nil {
                self.look(context, at: now + self.laterLimit)
            } else if self.deadline > now {
                self.look(context, at: self.deadline)
            } else {
                context.close(promise: nil)
            }
        }
    }

    /// Counts what waits. While there is no room nothing more is written, so where fewer bytes wait than at the last
    /// look, some have left.
    private func measure(_ context: ChannelHandlerContext, at now: NIODeadline) {
        guard let last = stall else { return }
        let byteCount = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        stall = (since: byteCount < last.byteCount ? now : last.since, byteCount: byteCount)
    }

    /// Whether nothing has left for too long.
    private func isStalled(at now: NIODeadline) -> Bool {
        stall.map { now - $0.since >= stallLimit } ?? false
    }
}

/// The body of the request in progress is about to be read: whoever waits to be told so is told (RFC 9110, 100 Continue).
struct BodyWanted: Sendable {}

/// The body of the request in progress was refused: what still comes of it is read and dropped, but not without end.
struct BodyRefused: Sendable {}
