-- The closed list of kernel roles that see a table across its tenants. Run after every migration, as romashka_owner.
--
-- Each line becomes the policy kernel_<role> ON <table> FOR <command> TO <role> USING (true) WITH CHECK (true).
-- What is not listed is dropped. The list is kept in core.kernel_policies, so verify-schema compares
-- core.expected_policies with core.actual_policies and fails on any difference; the only other lines there,
-- origin 'search', come with a search function from bootstrap.create_search(). The tables without a tenant need
-- no policy: their grants are in their migrations.

SELECT core.set_kernel_policies($list$

    # who may log in, before a tenant is known
    core.profiles        romashka_auth      ALL
    core.sessions        romashka_auth      ALL
    core.tenant_modules  romashka_auth      ALL
    core.module_secrets  romashka_auth      ALL
    core.roles           romashka_auth      ALL
    core.teams           romashka_auth      ALL
    core.team_members    romashka_auth      ALL
    core.invitations     romashka_auth      ALL
    core.api_keys        romashka_auth      ALL
    core.impersonations  romashka_auth      ALL
    core.idempotency_keys  romashka_auth    ALL
    core.customer_epochs   romashka_auth    ALL
    core.customer_keys     romashka_auth    ALL

    # who signs in through a provider, before a tenant is known
    core.oidc_connections  romashka_auth    ALL
    core.oidc_identities   romashka_auth    ALL
    core.oidc_used_states  romashka_auth    ALL

    # whose hook was called, before a tenant is known
    core.hooks           romashka_auth      ALL

    # what went wrong in plugins, whoever it was for
    core.plugin_errors   romashka_auth      ALL
    core.plugin_errors   romashka_operator  SELECT

    # who stores and reads files: the API, for the tenant of the session; what nobody refers to is swept
    core.files           romashka_auth      ALL
    core.file_contents   romashka_auth      ALL
    core.file_usage      romashka_auth      ALL
    core.file_contents   romashka_worker    SELECT

    # jobs run for every tenant; expired sessions are removed
    core.profiles        romashka_worker    SELECT
    core.sessions        romashka_worker    ALL
    core.tenant_modules  romashka_worker    SELECT
    core.invitations     romashka_worker    ALL
    core.oidc_used_states  romashka_worker  ALL
    core.idempotency_keys  romashka_worker  ALL
    core.jobs_ready      romashka_worker    ALL
    core.jobs_waiting    romashka_worker    ALL
    core.jobs_running    romashka_worker    ALL
    core.jobs_finished   romashka_worker    ALL
    core.jobs_dead       romashka_worker    ALL
    core.job_keys        romashka_worker    ALL
    core.job_chains      romashka_worker    ALL
    core.job_lanes       romashka_worker    ALL
    core.job_backlogs    romashka_worker    ALL
    core.schedules       romashka_worker    ALL

    # what follows from the kernel's own events, and what those follow from
    core.jobs_ready      romashka_auth      ALL
    core.jobs_waiting    romashka_auth      SELECT
    core.jobs_running    romashka_auth      SELECT
    core.jobs_finished   romashka_auth      SELECT
    core.jobs_dead       romashka_auth      SELECT

    # the relay numbers events, the streams read them
    core.events          romashka_worker    ALL
    core.event_heads     romashka_worker    ALL
    core.events          romashka_auth      ALL
    core.ephemeral_events  romashka_worker  ALL

    # the operator's lists
    core.profiles        romashka_operator  SELECT
    core.sessions        romashka_operator  SELECT
    core.tenant_modules  romashka_operator  SELECT
    core.roles           romashka_operator  SELECT
    core.teams           romashka_operator  SELECT
    core.team_members    romashka_operator  SELECT
    core.invitations     romashka_operator  SELECT
    core.api_keys        romashka_operator  SELECT
    core.impersonations  romashka_operator  SELECT
    core.customer_epochs   romashka_operator  SELECT
    core.customer_keys     romashka_operator  SELECT
    core.hooks           romashka_operator  SELECT
    core.jobs_ready      romashka_operator  SELECT
    core.jobs_waiting    romashka_operator  SELECT
    core.jobs_running    romashka_operator  SELECT
    core.jobs_finished   romashka_operator  SELECT
    core.jobs_dead       romashka_operator  SELECT
    core.job_keys        romashka_operator  SELECT
    core.job_chains      romashka_operator  SELECT
    core.job_lanes       romashka_operator  SELECT
    core.job_backlogs    romashka_operator  SELECT
    core.schedules       romashka_operator  SELECT
    core.events          romashka_operator  SELECT
    core.event_heads     romashka_operator  SELECT

$list$);
