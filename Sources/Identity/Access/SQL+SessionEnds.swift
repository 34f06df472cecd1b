internal import PluginKit

extension SQL {
    /// Tells every process of logins, keys or times of acting that ended; answers a row if there are any.
    ///
    /// - Parameters:
    ///   - ended: a table, or what a statement returned, with `tenant_id` and `id`.
    ///   - condition: which of its rows.
    static func tellingOfEnds(in ended: SQL, where condition: SQL = "true") -> SQL {
        """
        SELECT core.record_changes('session', array_agg(tenant_id), array_agg(id::text))
        FROM \(ended)
        WHERE \(condition)
        HAVING count(*) > 0
        """
    }
}
