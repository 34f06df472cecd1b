REVOKE SELECT ON core.plugin_pauses FROM romashka_worker;
REVOKE SELECT ON core.plans FROM romashka_worker;
DROP FUNCTION core.declare_jobs(text, jsonb);
DROP FUNCTION core.cancel_job(uuid, uuid);
DROP FUNCTION core.fail_job(uuid, uuid, uuid, jsonb, interval, boolean);
DROP FUNCTION core.step(uuid, text, jsonb);
DROP FUNCTION core.complete(uuid);
DROP FUNCTION core.release_job(uuid, uuid, text, text, text);
DROP FUNCTION core.enqueue(text, jsonb, timestamptz, integer, text, text, interval, boolean, text);
DROP FUNCTION core.put_job(
    uuid, text, text, jsonb, timestamptz, smallint, text, text, interval, boolean, uuid, smallint, text);
DROP FUNCTION core.session_module();
DROP FUNCTION core.uuid7();
DROP TABLE
    core.job_workers, core.job_lanes, core.job_queues, core.job_chains, core.job_keys, core.jobs_dead,
    core.jobs_finished, core.jobs_running, core.jobs_waiting, core.jobs_ready, core.job_kinds;
