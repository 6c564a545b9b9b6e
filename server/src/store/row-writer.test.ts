import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RowWriter } from './row-writer.ts';
import { createRowReader } from './testing/row-reader.ts';

function written(write: (writer: RowWriter) => void): Buffer {
  const writer = new RowWriter(1);
  write(writer);
  return writer.view(0, writer.position);
}

describe('RowWriter', () => {
  it('writes what ClickHouse documents', () => {
    assert.equal(written((w) => w.uint8(7)).toString('hex'), '07');
    assert.equal(written((w) => w.bool(true)).toString('hex'), '01');
    assert.equal(written((w) => w.uint32(0xdeadbeef)).toString('hex'), 'efbeadde');
    assert.equal(written((w) => w.int32(-2)).toString('hex'), 'feffffff');
    assert.equal(written((w) => w.uint64(1n)).toString('hex'), '0100000000000000');
    assert.equal(written((w) => w.int64(-1n)).toString('hex'), 'ffffffffffffffff');
    assert.equal(written((w) => w.float64(1)).toString('hex'), '000000000000f03f');
    assert.equal(written((w) => w.nullableFloat64(null)).toString('hex'), '01');
    assert.equal(written((w) => w.length(300)).toString('hex'), 'ac02');
    assert.equal(written((w) => w.string('né')).toString('hex'), '036ec3a9');
    assert.equal(written((w) => w.hex('00ff10', 3)).toString('hex'), '00ff10');
    assert.equal(written((w) => w.hex('', 3)).toString('hex'), '000000');
    assert.equal(written((w) => w.time(2n ** 64n - 1n)).toString('hex'), 'ffffffffffffff7f');
  });

  it('writes any text so that it is read back, unpaired surrogates as U+FFFD', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 100 }), { maxLength: 10 }), (texts) => {
        const reader = createRowReader(
          written((w) => {
            for (const text of texts) {
              w.string(text);
            }
          }),
        );
        for (const text of texts) {
          assert.equal(reader.string(), text.toWellFormed());
        }
        assert.ok(reader.atEnd());
      }),
      { numRuns: 30 },
    );
  });

  it('writes lengths around each step of LEB128', () => {
    for (const length of [0, 1, 47, 48, 49, 127, 128, 129, 16_383, 16_384, 2_097_151, 2_097_152]) {
      for (const char of ['a', 'é', '💥']) {
        const text = char
          .repeat(Math.ceil(length / char.length))
          .slice(0, length)
          .toWellFormed();
        const reader = createRowReader(written((w) => w.string(text)));
        assert.ok(reader.string() === text, `${length} of ${char}`);
        assert.ok(reader.atEnd());
      }
    }
  });

  it('writes any 64-bit numbers so that they are read back', () => {
    fc.assert(
      fc.property(
        fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
        fc.bigInt(0n, 2n ** 64n - 1n),
        fc.double(),
        (low, high, double) => {
          const reader = createRowReader(
            written((w) => {
              w.int64(low);
              w.uint64(high);
              w.float64(double);
            }),
          );
          assert.deepEqual([reader.int64(), reader.uint64(), reader.float64()], [low, high, double]);
        },
      ),
    );
  });

  it('refuses an id of the wrong length or with other characters', () => {
    const writer = new RowWriter(64);
    for (const id of ['0', 'gg', '0011', 'é0', '  ']) {
      assert.throws(() => writer.hex(id, 1), TypeError, id);
    }
    assert.equal(writer.position, 0);
  });

  it('keeps what was written when it grows', () => {
    const buffer = written((w) => {
      for (let i = 0; i < 1000; i++) {
        w.uint32(i);
        w.bytes(new Uint8Array(i % 100).fill(i & 0xff));
      }
    });
    const reader = createRowReader(buffer);
    for (let i = 0; i < 1000; i++) {
      assert.equal(reader.uint32(), i);
      assert.deepEqual(reader.bytes(i % 100), Buffer.alloc(i % 100, i & 0xff));
    }
  });
});
