-- What follows a resolution by hand while alerts still fire, and incidents that turned out to be one.

-- When an incident resolved by hand opens again unless its alerts have ended; NULL where none fires.
ALTER TABLE incidents ADD COLUMN reopens_at INTEGER;
-- The incident that goes on in its place.
ALTER TABLE incidents ADD COLUMN merged_into TEXT REFERENCES incidents (id);
CREATE INDEX incidents_reopening ON incidents (reopens_at) WHERE reopens_at IS NOT NULL;

-- Nobody was told again about these so far.
UPDATE incidents SET reopens_at = resolved_at + 300000
WHERE status = 'resolved'
  AND EXISTS (SELECT 1 FROM alerts a WHERE a.incident_id = incidents.id AND a.state = 'firing');
