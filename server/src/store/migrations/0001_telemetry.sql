-- Telemetry tables. Statements are separated by a line that holds only a semicolon.
-- Attribute maps keep their OpenTelemetry type: one map per scalar type, and *_other with the OTLP/JSON text of an
-- AnyValue for arrays, kvlists, bytes and unset values. An absent trace or span id is all zero bytes.
--
-- Settings that differ from ClickHouse's defaults, and why:
--   TTL over toDate32: toDateTime overflows in 2106, and a record from a clock that is wrong by that much would be
--     dropped at once. Records older than their retention are dropped soon after the insert.
--   non_replicated_deduplication_window: a batch repeated after a crash is stored once. Also for the target of a
--     materialised view (with deduplicate_blocks_in_dependent_materialized_views = 1 in the insert).
--   fsync_*, old_parts_lifetime: an acknowledged batch survives a power loss.
--   min_bytes_for_wide_part: a batch of 20,000 rows stays one file per part instead of several hundred, each with its
--     own fsync; merged parts are wide again.

CREATE TABLE IF NOT EXISTS logs (
  id UInt64 CODEC(Delta(8), ZSTD(1)),
  ts DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  observed_ts DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  service LowCardinality(String),
  environment LowCardinality(String),
  severity_number UInt8,
  severity_text LowCardinality(String),
  body String CODEC(ZSTD(1)),
  body_json String CODEC(ZSTD(1)),
  event_name LowCardinality(String),
  trace_id FixedString(16) CODEC(ZSTD(1)),
  span_id FixedString(8) CODEC(ZSTD(1)),
  flags UInt32 CODEC(ZSTD(1)),
  attrs_string Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  attrs_int Map(LowCardinality(String), Int64) CODEC(ZSTD(1)),
  attrs_double Map(LowCardinality(String), Float64) CODEC(ZSTD(1)),
  attrs_bool Map(LowCardinality(String), Bool) CODEC(ZSTD(1)),
  attrs_other Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  dropped_attributes_count UInt32 CODEC(ZSTD(1)),
  resource_string Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  resource_int Map(LowCardinality(String), Int64) CODEC(ZSTD(1)),
  resource_double Map(LowCardinality(String), Float64) CODEC(ZSTD(1)),
  resource_bool Map(LowCardinality(String), Bool) CODEC(ZSTD(1)),
  resource_other Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  resource_dropped_attributes_count UInt32 CODEC(ZSTD(1)),
  resource_schema_url LowCardinality(String),
  scope_name LowCardinality(String),
  scope_version LowCardinality(String),
  scope_attrs Map(LowCardinality(String), String) CODEC(ZSTD(1)), -- key to OTLP/JSON AnyValue text
  scope_dropped_attributes_count UInt32 CODEC(ZSTD(1)),
  scope_schema_url LowCardinality(String),
  INDEX ix_trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX ix_attrs arrayMap((k, v) -> concat(k, '=', v), mapKeys(attrs_string), mapValues(attrs_string)) TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX ix_body lower(body) TYPE text(tokenizer = 'splitByNonAlpha')
) ENGINE = MergeTree
PARTITION BY toDate(ts)
PRIMARY KEY (toStartOfFiveMinutes(ts), service)
ORDER BY (toStartOfFiveMinutes(ts), service, ts, id)
TTL toDate32(ts) + INTERVAL 30 DAY
SETTINGS ttl_only_drop_parts = 1, old_parts_lifetime = 480, non_replicated_deduplication_window = 1000,
  fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1,
  min_bytes_for_wide_part = 67108864
;
CREATE TABLE IF NOT EXISTS spans (
  id UInt64 CODEC(Delta(8), ZSTD(1)),
  ts DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  end_ts DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  duration_ns UInt64 CODEC(T64, ZSTD(1)), -- 0 where the end is before the start
  trace_id FixedString(16) CODEC(ZSTD(1)),
  span_id FixedString(8) CODEC(ZSTD(1)),
  parent_span_id FixedString(8) CODEC(ZSTD(1)),
  trace_state String CODEC(ZSTD(1)),
  flags UInt32 CODEC(ZSTD(1)),
  name LowCardinality(String),
  kind Enum8('unspecified' = 0, 'internal' = 1, 'server' = 2, 'client' = 3, 'producer' = 4, 'consumer' = 5),
  status Enum8('unset' = 0, 'ok' = 1, 'error' = 2),
  status_message String CODEC(ZSTD(1)),
  service LowCardinality(String),
  environment LowCardinality(String),
  attrs_string Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  attrs_int Map(LowCardinality(String), Int64) CODEC(ZSTD(1)),
  attrs_double Map(LowCardinality(String), Float64) CODEC(ZSTD(1)),
  attrs_bool Map(LowCardinality(String), Bool) CODEC(ZSTD(1)),
  attrs_other Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  dropped_attributes_count UInt32 CODEC(ZSTD(1)),
  events Nested(
    ts DateTime64(9, 'UTC'),
    name LowCardinality(String),
    attrs Map(LowCardinality(String), String), -- key to OTLP/JSON AnyValue text
    dropped_attributes_count UInt32
  ),
  dropped_events_count UInt32 CODEC(ZSTD(1)),
  links Nested(
    trace_id FixedString(16),
    span_id FixedString(8),
    trace_state String,
    attrs Map(LowCardinality(String), String), -- key to OTLP/JSON AnyValue text
    dropped_attributes_count UInt32,
    flags UInt32
  ),
  dropped_links_count UInt32 CODEC(ZSTD(1)),
  resource_string Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  resource_int Map(LowCardinality(String), Int64) CODEC(ZSTD(1)),
  resource_double Map(LowCardinality(String), Float64) CODEC(ZSTD(1)),
  resource_bool Map(LowCardinality(String), Bool) CODEC(ZSTD(1)),
  resource_other Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  resource_dropped_attributes_count UInt32 CODEC(ZSTD(1)),
  resource_schema_url LowCardinality(String),
  scope_name LowCardinality(String),
  scope_version LowCardinality(String),
  scope_attrs Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  scope_dropped_attributes_count UInt32 CODEC(ZSTD(1)),
  scope_schema_url LowCardinality(String),
  INDEX ix_trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX ix_attrs arrayMap((k, v) -> concat(k, '=', v), mapKeys(attrs_string), mapValues(attrs_string)) TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX ix_duration duration_ns TYPE minmax GRANULARITY 1
) ENGINE = MergeTree
PARTITION BY toDate(ts)
PRIMARY KEY (toStartOfFiveMinutes(ts), service, name)
ORDER BY (toStartOfFiveMinutes(ts), service, name, ts, id)
TTL toDate32(ts) + INTERVAL 30 DAY
SETTINGS ttl_only_drop_parts = 1, old_parts_lifetime = 480, non_replicated_deduplication_window = 1000,
  fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1,
  min_bytes_for_wide_part = 67108864
;
-- Trace id to time and size: read first, so that the spans table gets a time bound.
CREATE TABLE IF NOT EXISTS traces (
  trace_id FixedString(16),
  start SimpleAggregateFunction(min, DateTime64(9, 'UTC')),
  end SimpleAggregateFunction(max, DateTime64(9, 'UTC')),
  spans SimpleAggregateFunction(sum, UInt64),
  errors SimpleAggregateFunction(sum, UInt64),
  services SimpleAggregateFunction(groupUniqArrayArray, Array(String)),
  root AggregateFunction(argMinIf, Tuple(String, String), DateTime64(9, 'UTC'), UInt8), -- (service, name)
  INDEX ix_start start TYPE minmax GRANULARITY 1
) ENGINE = AggregatingMergeTree
ORDER BY trace_id
TTL toDate32(start) + INTERVAL 30 DAY
SETTINGS old_parts_lifetime = 480, non_replicated_deduplication_window = 1000,
  fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1
;
CREATE MATERIALIZED VIEW IF NOT EXISTS traces_mv TO traces AS
SELECT trace_id, min(ts) AS start, max(end_ts) AS end, count() AS spans, countIf(status = 'error') AS errors,
  groupUniqArray(toString(service)) AS services,
  argMinIfState((toString(service), toString(name)), ts, toUInt8(parent_span_id = toFixedString('', 8))) AS root
FROM spans GROUP BY trace_id
;
CREATE TABLE IF NOT EXISTS metric_points (
  id UInt64 CODEC(Delta(8), ZSTD(1)),
  ts DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  start_ts DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  name LowCardinality(String),
  type Enum8('gauge' = 1, 'sum' = 2, 'histogram' = 3, 'exponential_histogram' = 4, 'summary' = 5),
  description LowCardinality(String),
  unit LowCardinality(String),
  metadata Map(LowCardinality(String), String) CODEC(ZSTD(1)), -- key to OTLP/JSON AnyValue text
  temporality Enum8('unspecified' = 0, 'delta' = 1, 'cumulative' = 2),
  monotonic Bool,
  service LowCardinality(String),
  environment LowCardinality(String),
  attrs_string Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  attrs_int Map(LowCardinality(String), Int64) CODEC(ZSTD(1)),
  attrs_double Map(LowCardinality(String), Float64) CODEC(ZSTD(1)),
  attrs_bool Map(LowCardinality(String), Bool) CODEC(ZSTD(1)),
  attrs_other Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  flags UInt32 CODEC(ZSTD(1)),
  value_kind Enum8('none' = 0, 'double' = 1, 'int' = 2),
  value Float64 CODEC(Gorilla, ZSTD(1)), -- also filled for an int, rounded to the nearest double
  value_int Int64 CODEC(ZSTD(1)),
  count UInt64 CODEC(ZSTD(1)),
  sum Nullable(Float64) CODEC(ZSTD(1)),
  min Nullable(Float64) CODEC(ZSTD(1)),
  max Nullable(Float64) CODEC(ZSTD(1)),
  bucket_counts Array(UInt64) CODEC(ZSTD(1)),
  explicit_bounds Array(Float64) CODEC(ZSTD(1)),
  scale Int32 CODEC(ZSTD(1)),
  zero_count UInt64 CODEC(ZSTD(1)),
  zero_threshold Float64 CODEC(ZSTD(1)),
  positive_offset Int32 CODEC(ZSTD(1)),
  positive_counts Array(UInt64) CODEC(ZSTD(1)),
  negative_offset Int32 CODEC(ZSTD(1)),
  negative_counts Array(UInt64) CODEC(ZSTD(1)),
  quantiles Array(Tuple(Float64, Float64)) CODEC(ZSTD(1)),
  exemplars String CODEC(ZSTD(1)), -- OTLP/JSON text of the list, '' when empty
  resource_string Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  resource_int Map(LowCardinality(String), Int64) CODEC(ZSTD(1)),
  resource_double Map(LowCardinality(String), Float64) CODEC(ZSTD(1)),
  resource_bool Map(LowCardinality(String), Bool) CODEC(ZSTD(1)),
  resource_other Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  resource_dropped_attributes_count UInt32 CODEC(ZSTD(1)),
  resource_schema_url LowCardinality(String),
  scope_name LowCardinality(String),
  scope_version LowCardinality(String),
  scope_attrs Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  scope_dropped_attributes_count UInt32 CODEC(ZSTD(1)),
  scope_schema_url LowCardinality(String)
) ENGINE = MergeTree
PARTITION BY toDate(ts)
PRIMARY KEY (name, service, toStartOfHour(ts))
ORDER BY (name, service, toStartOfHour(ts), ts, id)
TTL toDate32(ts) + INTERVAL 30 DAY
SETTINGS ttl_only_drop_parts = 1, old_parts_lifetime = 480, non_replicated_deduplication_window = 1000,
  fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1,
  min_bytes_for_wide_part = 67108864
;
CREATE TABLE IF NOT EXISTS error_events (
  id UInt64 CODEC(Delta(8), ZSTD(1)),
  ts DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  group_id UInt64 CODEC(ZSTD(1)),
  fingerprint_version UInt8,
  service LowCardinality(String),
  environment LowCardinality(String),
  release LowCardinality(String),
  source Enum8('span' = 1, 'log' = 2),
  type LowCardinality(String),
  message String CODEC(ZSTD(1)),
  stacktrace String CODEC(ZSTD(3)),
  culprit String CODEC(ZSTD(1)),
  operation LowCardinality(String),
  trace_id FixedString(16) CODEC(ZSTD(1)),
  span_id FixedString(8) CODEC(ZSTD(1)),
  INDEX ix_trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX ix_group group_id TYPE bloom_filter(0.001) GRANULARITY 1
) ENGINE = MergeTree
PARTITION BY toDate(ts)
PRIMARY KEY (toStartOfFiveMinutes(ts), group_id)
ORDER BY (toStartOfFiveMinutes(ts), group_id, ts, id)
TTL toDate32(ts) + INTERVAL 90 DAY
SETTINGS ttl_only_drop_parts = 1, old_parts_lifetime = 480, non_replicated_deduplication_window = 1000,
  fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1,
  min_bytes_for_wide_part = 67108864
;
-- Attribute keys seen, written by the server when it first sees one.
CREATE TABLE IF NOT EXISTS fields (
  signal Enum8('logs' = 1, 'spans' = 2, 'metrics' = 3),
  level Enum8('attribute' = 1, 'resource' = 2),
  key String,
  type Enum8('string' = 1, 'int' = 2, 'double' = 3, 'bool' = 4, 'other' = 5),
  last_seen DateTime('UTC') DEFAULT now()
) ENGINE = ReplacingMergeTree(last_seen)
ORDER BY (signal, level, key, type)
TTL last_seen + INTERVAL 30 DAY
;
