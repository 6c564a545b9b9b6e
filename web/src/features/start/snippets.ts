/** What to copy and paste so that a program sends its telemetry here. */

export interface Snippet {
  id: string;
  label: string;
  lines: string;
  note: string;
}

/** The address that a program elsewhere uses: a server that listens on every address is where this page came from. */
export function reachableEndpoint(endpoint: string, pageHost: string): string {
  const url = new URL(endpoint);
  if (url.hostname === '0.0.0.0' || url.hostname === '[::]') url.hostname = pageHost;
  return url.href.replace(/\/$/, '');
}

/** The environment variables that every OpenTelemetry SDK reads (OpenTelemetry specification, "SDK environment variables"). */
function environmentLines(endpoint: string, keyRequired: boolean): string {
  return [
    `export OTEL_EXPORTER_OTLP_ENDPOINT=${endpoint}`,
    'export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf',
    ...(keyRequired ? ['export OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer%20YOUR_INGEST_KEY"'] : []),
    'export OTEL_SERVICE_NAME=my-service',
  ].join('\n');
}

export function snippetsFor(endpoint: string, keyRequired: boolean): readonly Snippet[] {
  const environment = environmentLines(endpoint, keyRequired);
  return [
    {
      id: 'node',
      label: 'Node.js',
      lines: `npm install @opentelemetry/api @opentelemetry/auto-instrumentations-node\n${environment}\nexport OTEL_LOGS_EXPORTER=otlp\nnode --require @opentelemetry/auto-instrumentations-node/register app.js`,
      note: 'Instruments http, Express, Fastify, pg, Redis and more without a change to the code.',
    },
    {
      id: 'python',
      label: 'Python',
      lines: `pip install opentelemetry-distro opentelemetry-exporter-otlp-proto-http\nopentelemetry-bootstrap -a install\n${environment}\nexport OTEL_LOGS_EXPORTER=otlp\nopentelemetry-instrument python app.py`,
      note: 'Instruments Django, Flask, FastAPI, requests, SQLAlchemy and more without a change to the code.',
    },
    {
      id: 'go',
      label: 'Go',
      lines: `go get go.opentelemetry.io/contrib/exporters/autoexport go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp\n${environment}\n# in main(): exporter, err := autoexport.NewSpanExporter(ctx)\ngo run .`,
      note: 'autoexport reads the variables; wrap handlers with otelhttp.NewHandler.',
    },
    {
      id: 'java',
      label: 'Java',
      lines: `curl -LO https://github.com/open-telemetry/opentelemetry-java-instrumentation/releases/latest/download/opentelemetry-javaagent.jar\n${environment}\njava -javaagent:opentelemetry-javaagent.jar -jar app.jar`,
      note: 'The agent instruments Spring, servlets, JDBC and more without a change to the code.',
    },
    {
      id: 'env',
      label: 'Any SDK',
      lines: environment,
      note: 'Every OpenTelemetry SDK reads these variables. JSON works as well as protobuf.',
    },
    {
      id: 'curl',
      label: 'One record',
      lines: curlLine(endpoint, keyRequired),
      note: 'Sends one log record, to see that the way is free.',
    },
  ];
}

function curlLine(endpoint: string, keyRequired: boolean): string {
  const record = { body: { stringValue: 'Hello from curl' }, severityNumber: 9, severityText: 'INFO' };
  const body = {
    resourceLogs: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'curl' } }] },
        scopeLogs: [{ logRecords: [record] }],
      },
    ],
  };
  const key = keyRequired ? " -H 'authorization: Bearer YOUR_INGEST_KEY'" : '';
  return `curl ${endpoint}/v1/logs -H 'content-type: application/json'${key} -d '${JSON.stringify(body)}'`;
}
