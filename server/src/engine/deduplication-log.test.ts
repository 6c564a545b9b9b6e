import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { repairDeduplicationLogs } from './deduplication-log.ts';

it('takes back the entries of parts that are neither there nor merged into another', () => {
  const chdbDir = mkdtempSync(join(tmpdir(), 'breakwater-dedup-'));
  try {
    const table = join(chdbDir, 'store', 'aa6', 'aa67e68a');
    const logs = join(table, 'deduplication_logs');
    mkdirSync(logs, { recursive: true });
    for (const part of ['p_1_4_1', 'p_6_6_0', 'q_2_2_0_9', 'tmp_insert_p_7_7_0', 'detached']) {
      mkdirSync(join(table, part));
    }
    const first = join(logs, 'deduplication_log_9.txt');
    const second = join(logs, 'deduplication_log_10.txt');
    writeFileSync(first, '1\tp_1_1_0\ta\n1\tp_5_5_0\tb\n1\tp_8_8_0\tc\n');
    writeFileSync(second, '2\tp_8_8_0\tc\n1\tp_6_6_0\td\n1\tp_7_7_0\te\n1\tq_2_2_0\tf\n1\tp_9_9_');
    assert.equal(repairDeduplicationLogs(chdbDir), 2);
    assert.equal(readFileSync(first, 'utf8'), '1\tp_1_1_0\ta\n1\tp_5_5_0\tb\n1\tp_8_8_0\tc\n');
    assert.equal(
      readFileSync(second, 'utf8'),
      '2\tp_8_8_0\tc\n1\tp_6_6_0\td\n1\tp_7_7_0\te\n1\tq_2_2_0\tf\n2\tp_5_5_0\tb\n2\tp_7_7_0\te\n',
    );
    assert.equal(repairDeduplicationLogs(chdbDir), 0);
    assert.equal(repairDeduplicationLogs(join(chdbDir, 'nothing')), 0);
  } finally {
    rmSync(chdbDir, { recursive: true, force: true });
  }
});
