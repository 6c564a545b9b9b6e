-- Rules, alerts, incidents, receivers, notifications and the lifecycle of error groups.
-- Times are epoch milliseconds. Columns named *_json hold JSON text.

CREATE TABLE alert_rules (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  condition_json TEXT NOT NULL,
  window_seconds INTEGER NOT NULL,
  for_seconds INTEGER NOT NULL,
  cooldown_seconds INTEGER NOT NULL,
  severity TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  runbook_url TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  -- Counts the changes: an evaluation that began before a change is not applied after it.
  revision INTEGER NOT NULL DEFAULT 1,
  -- Why the last evaluation failed; NULL where it did not.
  last_error TEXT
) STRICT;

CREATE TABLE incidents (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('open', 'acknowledged', 'resolved')),
  severity TEXT NOT NULL,
  environment TEXT NOT NULL,
  services_json TEXT NOT NULL,
  opened_at INTEGER NOT NULL,
  resolved_at INTEGER
) STRICT;
CREATE INDEX incidents_unresolved ON incidents (environment) WHERE status <> 'resolved';

CREATE TABLE alerts (
  id TEXT PRIMARY KEY,
  rule_id TEXT NOT NULL,
  rule_name TEXT NOT NULL,
  rule_kind TEXT NOT NULL,
  severity TEXT NOT NULL,
  target TEXT NOT NULL,
  labels_json TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'firing', 'resolved')),
  value REAL NOT NULL,
  threshold REAL NOT NULL,
  unit TEXT NOT NULL,
  summary TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  fired_at INTEGER,
  -- Since when the condition no longer holds, while firing.
  clear_since INTEGER,
  resolved_at INTEGER,
  incident_id TEXT REFERENCES incidents (id)
) STRICT;
CREATE UNIQUE INDEX alerts_active ON alerts (rule_id, target) WHERE state <> 'resolved';
CREATE INDEX alerts_unlinked ON alerts (fired_at) WHERE fired_at IS NOT NULL AND incident_id IS NULL;
CREATE INDEX alerts_by_incident ON alerts (incident_id) WHERE incident_id IS NOT NULL;
CREATE INDEX alerts_resolved ON alerts (rule_id, target, resolved_at) WHERE state = 'resolved';
CREATE INDEX alerts_started ON alerts (started_at);

CREATE TABLE timeline (
  incident_id TEXT NOT NULL REFERENCES incidents (id),
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  entry_json TEXT NOT NULL,
  PRIMARY KEY (incident_id, seq)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER timeline_no_update BEFORE UPDATE ON timeline BEGIN SELECT RAISE(ABORT, 'the timeline is append-only'); END;
CREATE TRIGGER timeline_no_delete BEFORE DELETE ON timeline BEGIN SELECT RAISE(ABORT, 'the timeline is append-only'); END;

CREATE TABLE receivers (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  type TEXT NOT NULL CHECK (type IN ('webhook', 'pagerduty')),
  enabled INTEGER NOT NULL,
  url TEXT NOT NULL,
  secret TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

-- What is to be delivered, written in the transaction that caused it. Name and type stand for deleted receivers.
CREATE TABLE outbox (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  receiver_id TEXT NOT NULL,
  receiver_name TEXT NOT NULL,
  receiver_type TEXT NOT NULL,
  incident_id TEXT NOT NULL REFERENCES incidents (id),
  event TEXT NOT NULL,
  notification_json TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
  attempts INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  next_attempt_at INTEGER NOT NULL,
  last_error TEXT,
  settled_at INTEGER
) STRICT;
CREATE INDEX outbox_waiting ON outbox (receiver_id, seq) WHERE state = 'waiting';

-- A group without a row is open and was never resolved.
CREATE TABLE error_groups (
  id TEXT PRIMARY KEY,
  status TEXT NOT NULL CHECK (status IN ('open', 'resolved', 'ignored')),
  changed_at INTEGER NOT NULL,
  resolved_at INTEGER,
  -- When a new occurrence reopened it, and the id of that occurrence.
  regressed_at INTEGER,
  regressed_by TEXT
) STRICT;
CREATE INDEX error_groups_by_status ON error_groups (status);
