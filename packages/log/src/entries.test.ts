import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as events from './events.ts';
import * as full from './full.ts';
import * as main from './index.ts';
import * as otlp from './otlp.ts';
import * as request from './request.ts';
import * as sampling from './sampling.ts';
import * as sink from './sink-kit.ts';
import * as file from './sinks/file.ts';
import * as pretty from './sinks/pretty.ts';
import * as tee from './sinks/tee.ts';
import * as worker from './sinks/worker.ts';
import * as testing from './testing.ts';

test('R8 each entry has its own names, and the main entry none of them', async () => {
  const entries = { events, file, full, otlp, pretty, request, sampling, sink, tee, testing, worker };
  assert.deepEqual(
    Object.fromEntries(Object.entries(entries).map(([entry, names]) => [entry, Object.keys(names).sort()])),
    {
      events: ['defineEvent', 'events'],
      file: ['fileSink'],
      full: ['dropLowest', 'dropOldest', 'spill'],
      otlp: ['otlpSink', 'toOtlpJson', 'toOtlpProtobuf'],
      pretty: ['prettySink', 'toPretty'],
      request: ['addToEvent', 'countInEvent', 'failRequest', 'keepUnlessOk', 'withWideEvent'],
      sampling: ['limitPerKey', 'sampleAll', 'sampleByLevel', 'sampleByRate', 'sampleByTrace', 'sampleToBudget'],
      sink: ['toLevel', 'toRecord'],
      tee: ['teeSink'],
      testing: ['expectLogs', 'memorySink'],
      worker: ['workerSink'],
    },
  );
  for (const [entry, names] of Object.entries(entries)) {
    assert.deepEqual(
      Object.keys(names).filter((name) => name in main),
      [],
    );
    assert.equal(await import(`@breakwater/log/${entry}`), names, 'package.json points at another file');
  }
});
