/// Several shared pipelines of one role. The later ones are used, and opened, only under load.
package struct PipelineGroup: Sendable {
    /// Requests on one pipeline before the next one is taken.
    private static let threshold = 2

    /// All of them, in the order in which they are used.
    package let pipelines: [PipelineConnection]

    /// - Parameter pipelines: at least one.
    package init(_ pipelines: [PipelineConnection]) {
        precondition(!pipelines.isEmpty, "a group has at least one pipeline")
        self.pipelines = pipelines
    }

    /// The pipeline for the next request.
    package var leastLoaded: PipelineConnection {
        var best = pipelines[0]
        for pipeline in pipelines {
            if pipeline.load < PipelineGroup.threshold { return pipeline }
            if pipeline.load < best.load { best = pipeline }
        }
        return best
    }

    /// Closes all of them.
    package func close() {
        for pipeline in pipelines { pipeline.close() }
    }
}
