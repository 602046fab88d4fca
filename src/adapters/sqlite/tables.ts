/** The tables of the newest schema version, as `migrations.ts` makes them. */
export interface Tables {
  dataset_versions: {
    id: string;
    name: string;
    /** The whole version as JSON. */
    body: string;
    /** Place in the order of recording. */
    recorded: number;
  };
  dataset_sources: { source_key: string; dataset_id: string };
  model_versions: {
    model: string;
    version: number;
    package_id: string;
    run_id: string | null;
    registered_at_ms: number;
    retired_at_ms: number | null;
    retired_reason: string | null;
    semver: string;
    /** The contract as JSON; null when it is not known. */
    contract: string | null;
    /** 1 once a decision was to promote or to wait. */
    candidate: number;
    rejected_at_ms: number | null;
    rejected_by: string | null;
    rejected_reason: string | null;
  };
  aliases: { model: string; alias: string; version: number };
  audit_log: { sequence: number; at_ms: number; event: string; previous_hash: string; hash: string };
  runs: {
    id: string;
    model: string;
    status: "running" | "finished" | "failed" | "killed";
    manifest: string;
    metrics: string | null;
    started_at_ms: number;
    finished_at_ms: number | null;
  };
  steps: { key: string; name: string; output: string; duration_ms: number; created_at_ms: number };
  feature_spaces: {
    live: string;
    view: string;
    name: string;
    hash: string;
    definition: string;
    state: "building" | "shadow" | "active" | "retired";
    sequence: number;
    checkpoint: string | null;
    compared: number;
    mismatches: number;
    started_at_ms: number;
    changed_at_ms: number;
    /** Place in the order of changes. */
    changed: number;
  };
  api_keys: {
    id: string;
    name: string;
    /** A list as JSON. */
    scopes: string;
    secret_hash: string;
    created_at_ms: number;
    /** Place in the order of creation. */
    created: number;
    expires_at_ms: number | null;
    revoked_at_ms: number | null;
    last_used_at_ms: number | null;
  };
}
