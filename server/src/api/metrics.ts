import { ATTRIBUTE_COLUMNS, type AttributeMaps, doubleOf, keyValuesOf } from './attributes-view.ts';
import { type ApiContext, inRange, rangeParams } from './context.ts';
import { bucketsOf } from './histogram.ts';
import { METRIC_POINT_COLUMNS, type MetricPointRow, metricPointView } from './metric-point-view.ts';
import { FROM, limitParameter, readInteger, readRange, TO } from './parameters.ts';
import { notFound } from './problem.ts';
import type { ApiRequest, Route } from './route.ts';
import type { MetricName, MetricPointsAnswer, MetricSeriesAnswer, MetricsAnswer } from './types.ts';

const MAX_NAMES = 2_000;
const MAX_SERIES = 100;
const DEFAULT_POINTS = 200;
const MAX_POINTS_PER_SERIES = 2_000;
const DEFAULT_RAW_POINTS = 100;
const MAX_RAW_POINTS = 1_000;

interface SeriesRow extends AttributeMaps<'attrs'> {
  readonly service: string;
  readonly points: readonly (readonly [timeMs: string, value: number | string | null])[];
}

export function metricRoutes({ store, now }: ApiContext): Route[] {
  async function names({ query, signal }: ApiRequest): Promise<MetricsAnswer> {
    const params = { ...rangeParams(readRange(query, now())), max_names: MAX_NAMES };
    const { rows, stats } = await store.query<NameRow>(NAMES_SQL, params, { signal });
    return { metrics: rows.map(nameView), stats };
  }

  async function series({ params: { name = '' }, query, signal }: ApiRequest): Promise<MetricSeriesAnswer> {
    const range = readRange(query, now());
    const shortest = Math.ceil((range.to - range.from) / MAX_POINTS_PER_SERIES);
    const asked = readInteger(query, 'step', 1, 86_400_000);
    const stepMs = Math.max(asked ?? bucketsOf(range, DEFAULT_POINTS).stepMs, shortest);
    const params = { ...rangeParams(range), metric: name };
    const known = await store.query<NameRow>(NAMES_SQL_OF_ONE, { ...params, max_names: 1 }, { signal });
    const metric = known.rows[0];
    if (!metric) throw notFound(`no point of the metric ${JSON.stringify(name)} is in the time range`);
    const { rows } = await store.query<SeriesRow>(
      SERIES_SQL,
      { ...params, metric_type: metric.type, step_ms: stepMs, max_series: MAX_SERIES + 1 },
      { signal },
    );
    return {
      name,
      type: metric.type,
      unit: metric.last_unit,
      stepMs,
      series: rows.slice(0, MAX_SERIES).map((row) => ({
        service: row.service,
        attributes: keyValuesOf(row, 'attrs'),
        points: row.points.map(([timeMs, value]) => [Number(timeMs), finite(value)]),
      })),
      truncated: rows.length > MAX_SERIES,
    };
  }

  async function points({ params: { name = '' }, query, signal }: ApiRequest): Promise<MetricPointsAnswer> {
    const row_limit = readInteger(query, 'limit', 1, MAX_RAW_POINTS) ?? DEFAULT_RAW_POINTS;
    const params = { ...rangeParams(readRange(query, now())), metric: name, row_limit };
    const { rows } = await store.query<MetricPointRow>(POINTS_SQL, params, { signal });
    return { points: rows.map(metricPointView) };
  }

  return [
    {
      method: 'GET',
      path: '/metrics',
      summary: 'Names of the metrics in a time range',
      parameters: [FROM, TO],
      answer: 'MetricsAnswer',
      handle: async (request) => ({ json: await names(request) }),
    },
    {
      method: 'GET',
      path: '/metrics/{name}',
      summary: 'A metric over time: one series for each service and set of attributes',
      parameters: [
        FROM,
        TO,
        { name: 'step', type: 'integer', description: 'Milliseconds between two points. Default: about 200 points.' },
      ],
      answer: 'MetricSeriesAnswer',
      handle: async (request) => ({ json: await series(request) }),
    },
    {
      method: 'GET',
      path: '/metrics/{name}/points',
      summary: 'The points of a metric as they arrived, newest first',
      parameters: [FROM, TO, limitParameter(DEFAULT_RAW_POINTS, MAX_RAW_POINTS)],
      answer: 'MetricPointsAnswer',
      handle: async (request) => ({ json: await points(request) }),
    },
  ];
}

interface NameRow {
  readonly name: string;
  readonly type: MetricName['type'];
  readonly last_unit: string;
  readonly last_description: string;
  readonly all_services: string[];
}

function nameView({ name, type, last_unit, last_description, all_services }: NameRow): MetricName {
  return { name, type, unit: last_unit, description: last_description, services: all_services };
}

function namesSql(condition: string, order: string): string {
  return `SELECT name, type, argMax(unit, ts) AS last_unit, argMax(description, ts) AS last_description,
    arraySort(groupUniqArray(100)(toString(service))) AS all_services
  FROM metric_points WHERE ${inRange('ts')} ${condition} GROUP BY name, type ORDER BY ${order} LIMIT {max_names:UInt32}`;
}
const IS_METRIC = 'AND name = {metric:String}';
const NAMES_SQL = namesSql('', 'name, type');
/** Should a name have been used for two types, the one used last. */
const NAMES_SQL_OF_ONE = namesSql(IS_METRIC, 'max(ts) DESC');

/**
 * The value of a step: of a gauge the average, of a delta sum the sum, of a cumulative sum the last value, of a
 * distribution the mean of what was recorded (a cumulative one: since it began). Null where no point has a value.
 */
const VALUE_SQL = `multiIf(
    any(type) IN ('histogram', 'exponential_histogram', 'summary'), if(
      any(temporality) = 'delta',
      sum(sum) / nullIf(sum(count), 0),
      argMax(sum, ts) / nullIf(argMax(count, ts), 0)
    ),
    any(type) = 'gauge', avgOrNullIf(value, value_kind != 'none'),
    any(temporality) = 'delta', sumOrNullIf(value, value_kind != 'none'),
    argMaxOrNullIf(value, ts, value_kind != 'none')
  )`;

const COLUMNS = ['service', ...ATTRIBUTE_COLUMNS.split(', ')];
const SERIES_SQL = `SELECT ${COLUMNS.map((column) => `any(group_${column}) AS ${column}`).join(', ')},
    arraySort(groupArray((bucket, step_value))) AS points
  FROM (
    SELECT cityHash64(${COLUMNS.join(', ')}) AS series_id,
      intDiv(toUnixTimestamp64Milli(ts), {step_ms:Int64}) * {step_ms:Int64} AS bucket,
      ${COLUMNS.map((column) => `any(${column}) AS group_${column}`).join(', ')}, ${VALUE_SQL} AS step_value
    FROM metric_points WHERE ${inRange('ts')} ${IS_METRIC} AND type = {metric_type:String}
    GROUP BY series_id, bucket
  )
  GROUP BY series_id ORDER BY service, series_id LIMIT {max_series:UInt32}`;

const POINTS_SQL = `SELECT ${METRIC_POINT_COLUMNS} FROM metric_points WHERE ${inRange('ts')} ${IS_METRIC}
  ORDER BY ts DESC, id DESC LIMIT {row_limit:UInt32}`;

/** A chart has no place for what is no number. */
function finite(value: number | string | null): number | null {
  if (value === null) return null;
  const double = doubleOf(value);
  return typeof double === 'number' ? double : null;
}
