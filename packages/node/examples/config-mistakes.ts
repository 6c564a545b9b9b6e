// Everything that is wrong is said at once, before anything is started; what may be a secret is not shown.
import { ConfigError, start } from '@breakwater/node';

process.env['BREAKWATER_LOG_LEVEL'] = 'loud';
process.env['BREAKWATER_ENVIROMENT'] = 'production';
process.env['OTEL_EXPORTER_OTLP_HEADERS'] = 'authorization: Bearer abc123';
try {
  start({ service: 'orders', traceRatio: 2 });
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.log(error.message);
}

// Output:
// 4 mistakes in the configuration:
//   environment: BREAKWATER_ENVIROMENT: expected a known name, perhaps BREAKWATER_ENVIRONMENT, got an unknown name
//   environment: OTEL_EXPORTER_OTLP_HEADERS: expected headers (name=value,name=value), values percent-encoded, each name once, none that describes the body, got [hidden]
//   environment: BREAKWATER_LOG_LEVEL: expected one of trace, debug, info, warn, error, fatal, silent, got "loud"
//   options: traceRatio: expected a number from 0 to 1, got 2
