/// What is done to the whole installation by the clock.
package enum MaintenanceTask: String, CaseIterable, Sendable {
    /// Makes partitions, drops old ones, removes what has served its time.
    case maintenance
    /// Copies the embedded server, and checks the copy.
    case backup
}
