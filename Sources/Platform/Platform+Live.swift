internal import Events
internal import Identity
internal import PluginHost
internal import PluginKit
internal import Tenancy

extension Platform {
    /// What tells of events.
    struct Live: Sendable {
        /// Numbers them.
        let relay: EventRelay
        /// Reads them for the streams of this process.
        let hub: EventHub
        let streams: EventStreams
        let teammates: Teammates
        let routes: [Route]

        init(_ ground: Ground, _ identity: Identity) {
            let (worker, limits) = (ground.worker, ground.settings.streamLimits)
            let manifests = ground.registry.activeManifests
            teammates = Teammates(pipeline: ground.auth)
            let policy = EventPolicy(
                ground.permissions, control: ground.control,
                modules: Dictionary(
                    manifests.map { ($0.id.description, $0.isAlwaysOn) }, uniquingKeysWith: { first, _ in first }))
            relay = EventRelay(pipeline: worker, logger: ground.logger)
            hub = EventHub(
                pipeline: worker, positions: EventPositions(master: ground.settings.master), control: ground.control,
                limits: limits, meter: StreamMeter(ground.metrics), logger: ground.logger)
            streams = EventStreams(hub, authenticator: identity.authenticator, policy: policy, teammates: teammates)
            let eventRoutes = EventRoutes(
                types: Live.types(manifests), policy: policy, teammates: teammates, pipeline: worker,
                leases: ground.databases.leases, retention: limits.retention)
            routes = eventRoutes.all
        }

        private static func types(_ manifests: [Manifest]) -> [EventType] {
            EventType.kernel
                + manifests.flatMap { manifest in
                    manifest.events.map {
                        EventType(
                            type: $0.type, title: $0.title, version: $0.version, module: manifest.id.description,
                            sample: $0.sample)
                    }
                }
        }
    }
}
