import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { type BatchObservableCallback, metrics } from '@opentelemetry/api';

const RESOLUTION_MS = 10;

/**
 * Reports the event loop and the memory of this process, by the names of OpenTelemetry's conventions for Node.js, V8
 * and processes. Delay figures cover the time since the last report. Returns the way to end it.
 */
export function observeRuntime(): () => void {
  const meter = metrics.getMeter('@breakwater/node');
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  let lastLoop = performance.eventLoopUtilization();

  const seconds = (name: string, description: string) =>
    meter.createObservableGauge(`nodejs.eventloop.delay.${name}`, { unit: 's', description });
  const gauges = {
    min: seconds('min', 'Least event loop delay'),
    max: seconds('max', 'Greatest event loop delay'),
    mean: seconds('mean', 'Mean event loop delay'),
    p50: seconds('p50', 'Median event loop delay'),
    p90: seconds('p90', '90th percentile of the event loop delay'),
    p99: seconds('p99', '99th percentile of the event loop delay'),
  };
  const utilization = meter.createObservableGauge('nodejs.eventloop.utilization', {
    unit: '1',
    description: 'Share of time the event loop was busy',
  });
  const heapUsed = meter.createObservableUpDownCounter('v8js.memory.heap.used', { unit: 'By' });
  const heapLimit = meter.createObservableUpDownCounter('v8js.memory.heap.limit', { unit: 'By' });
  const memory = meter.createObservableUpDownCounter('process.memory.usage', {
    unit: 'By',
    description: 'Resident set size',
  });
  const external = meter.createObservableUpDownCounter('nodejs.memory.external', {
    unit: 'By',
    description: 'Memory of objects outside of the V8 heap, buffers included',
  });
  const cpu = meter.createObservableCounter('process.cpu.time', { unit: 's' });
  const uptime = meter.createObservableGauge('process.uptime', { unit: 's' });

  const observe: BatchObservableCallback = (result) => {
    // An empty histogram has a minimum of 2^63 and a mean of NaN; the first report may come before the first sample.
    if (delay.count > 0) {
      // The histogram counts the whole time between two ticks of its timer, the resolution included.
      const toSeconds = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1e3);
      result.observe(gauges.min, toSeconds(delay.min));
      result.observe(gauges.max, toSeconds(delay.max));
      result.observe(gauges.mean, toSeconds(delay.mean));
      for (const [gauge, percentile] of [
        [gauges.p50, 50],
        [gauges.p90, 90],
        [gauges.p99, 99],
      ] as const)
        result.observe(gauge, toSeconds(delay.percentile(percentile)));
      delay.reset();
    }
    const loop = performance.eventLoopUtilization();
    result.observe(utilization, performance.eventLoopUtilization(loop, lastLoop).utilization);
    lastLoop = loop;
    const usage = process.memoryUsage();
    result.observe(heapUsed, usage.heapUsed);
    result.observe(heapLimit, getHeapStatistics().heap_size_limit);
    result.observe(memory, usage.rss);
    result.observe(external, usage.external);
    const { user, system } = process.cpuUsage();
    result.observe(cpu, user / 1e6, { 'cpu.mode': 'user' });
    result.observe(cpu, system / 1e6, { 'cpu.mode': 'system' });
    result.observe(uptime, process.uptime());
  };
  const observed = [...Object.values(gauges), utilization, heapUsed, heapLimit, memory, external, cpu, uptime];
  meter.addBatchObservableCallback(observe, observed);
  return () => {
    meter.removeBatchObservableCallback(observe, observed);
    delay.disable();
  };
}
