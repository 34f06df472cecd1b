internal import Foundation
internal import PluginKit

/// What was heard of one tenant's whispers, and where the next look begins.
///
/// Whispers may be committed in another order than they were made in, so a look begins a little before the newest that is
/// known. Only when there are more than one look takes does the next one go on behind the last, so that it gets on.
struct WhisperEar: Sendable {
    /// How many whispers of a tenant one look takes.
    static let pageSize = 100
    /// A whisper that is committed later than this after it was made may be missed.
    private static let window: Duration = .milliseconds(500)

    /// The next look takes what comes after it, by time and id.
    private(set) var position: (at: Timestamp, id: UUID)
    /// Whether there may be more behind what was taken.
    private(set) var hasMore = false
    private var heardUntil: Timestamp
    /// Those of the newest that were passed on.
    private var heard: [UUID: Timestamp] = [:]

    init(from now: Timestamp) {
        heardUntil = now
        position = (now.advanced(by: .zero - WhisperEar.window), .first)
    }

    /// Takes in what a look has found, in its order; answers which of it is new, by place.
    mutating func take(_ page: [(at: Timestamp, id: UUID)]) -> [Int] {
        let new = page.indices.filter { heard.updateValue(page[$0].at, forKey: page[$0].id) == nil }
        heardUntil = page.reduce(heardUntil) { max($0, $1.at) }
        let oldest = heardUntil.advanced(by: .zero - WhisperEar.window)
        heard = heard.filter { $0.value >= oldest }
        hasMore = page.count >= WhisperEar.pageSize
        if hasMore, let last = page.last { position = last } else { position = (oldest, .first) }
        return new
    }
}
