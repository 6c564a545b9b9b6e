-- What suggestions are chosen by: how often a key was seen (1, 10, 100, … while its service ran), and a service that sent
-- it. Rows from before have 1 and ''.

ALTER TABLE fields
  ADD COLUMN IF NOT EXISTS seen UInt32 DEFAULT 1,
  ADD COLUMN IF NOT EXISTS service String DEFAULT ''
;
