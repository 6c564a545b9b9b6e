-- The rules of a new installation. Created once: a rule that is changed or removed stays so.

INSERT INTO alert_rules
  (id, name, condition_json, window_seconds, for_seconds, cooldown_seconds, severity, enabled, runbook_url, created_at, updated_at)
SELECT column1, column2, column3, 60, 0, 60, column4, 1, '', now.ms, now.ms
FROM (VALUES
  ('default-error-burst', 'Error burst', '{"kind":"error_count","threshold":10}', 'high'),
  ('default-error-rate', 'Failing requests', '{"kind":"span_error_rate","threshold":0.1,"minCount":20}', 'critical'),
  ('default-latency', 'Slow requests', '{"kind":"span_latency","quantile":0.95,"thresholdMs":1000,"minCount":20}', 'medium'),
  ('default-error-logs', 'Error logs', '{"kind":"log_count","query":"severity:>=error","threshold":30}', 'medium')
), (SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER) AS ms) AS now;
