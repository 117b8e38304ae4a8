// What Node says of its timers holds for ours. Ends with "done" if all of it does.
'use strict';
const assert = require('node:assert/strict');
const { AsyncLocalStorage } = require('node:async_hooks');
const net = require('node:net');
const timers = require('node:timers');
const later = require('node:timers/promises');
const { promisify } = require('node:util');

const tests = {
  async 'they fire in order of time, then of making'() {
    const seen = [];
    setTimeout(() => seen.push('c'), 3000);
    setTimeout((...words) => seen.push(...words), 1000, 'a', 'b');
    setTimeout(() => seen.push('d'), 3000);
    setTimeout(() => Promise.resolve().then(() => seen.push('between')), 3000);
    setTimeout(() => seen.push('e'), 3000);
    await later.setTimeout(3000);
    assert.deepEqual(seen, ['a', 'b', 'c', 'd', 'between', 'e']);
  },
  async 'what is cleared does not fire'() {
    const never = () => assert.fail('it fired');
    clearTimeout(setTimeout(never, 10));
    clearTimeout(+setTimeout(never, 10));
    clearTimeout(`${+setTimeout(never, 10)}`);
    clearInterval(setInterval(never, 10));
    setTimeout(never, 10).close();
    timers.clearTimeout(timers.setTimeout(never, 10));
    for (const odd of [undefined, null, NaN, 12, '12', {}, Symbol.iterator && 'x']) clearTimeout(odd);
    await later.setTimeout(100);
  },
  async 'ref, unref, hasRef, refresh'() {
    const began = Date.now();
    const timer = setTimeout(() => {}, 1000);
    assert.equal(timer.hasRef(), true);
    assert.equal(timer.unref().hasRef(), false);
    assert.equal(timer.ref().hasRef(), true);
    clearTimeout(timer);
    const seen = [];
    const lazy = setTimeout(() => seen.push(Date.now() - began), 1000);
    await later.setTimeout(600);
    lazy.refresh();
    await later.setTimeout(2000);
    assert.deepEqual(seen, [1600]);
    lazy.refresh();
    await later.setTimeout(2000);
    assert.deepEqual(seen, [1600, 3600]);
  },
  async 'odd delays are a millisecond, and one that is too long warns'() {
    const began = Date.now();
    const warned = new Promise((resolve) => process.once('warning', resolve));
    const odd = [undefined, null, 0, -5, NaN, 'x', 2 ** 31].map((ms) => new Promise((resolve) => setTimeout(resolve, ms)));
    await Promise.all(odd);
    assert.equal(Date.now() - began, 1);
    assert.equal((await warned).name, 'TimeoutOverflowWarning');
    assert.throws(() => setTimeout('code', 1), { code: 'ERR_INVALID_ARG_TYPE' });
    assert.throws(() => setInterval(undefined, 1), { code: 'ERR_INVALID_ARG_TYPE' });
  },
  async 'an interval goes on, and ends itself'() {
    const seen = [];
    const began = Date.now();
    await new Promise((resolve) => {
      const timer = setInterval((word) => {
        seen.push([word, Date.now() - began]);
        if (seen.length === 3) resolve(clearInterval(timer));
      }, 500, 'x');
    });
    assert.deepEqual(seen, [['x', 500], ['x', 1000], ['x', 1500]]);
    await later.setTimeout(5000);
    assert.equal(seen.length, 3);
  },
  async 'promises of timers, and what aborts them'() {
    assert.equal(await later.setTimeout(5, 'value'), 'value');
    assert.equal(await promisify(setTimeout)(5, 'value'), 'value');
    assert.equal(await promisify(timers.setTimeout)(5, 'value'), 'value');
    const began = Date.now();
    const broken = { name: 'AbortError', code: 'ABORT_ERR' };
    await assert.rejects(later.setTimeout(60_000, 1, { signal: AbortSignal.timeout(3000) }), broken);
    await assert.rejects(later.setTimeout(60_000, 1, { signal: AbortSignal.abort() }), broken);
    await assert.rejects(later.setTimeout(60_000, 1, { signal: 'x' }), { code: 'ERR_INVALID_ARG_TYPE' });
    await later.scheduler?.wait(1000);
    assert.equal(Date.now() - began, later.scheduler ? 4000 : 3000);
    const seen = [];
    const each = async () => {
      for await (const word of later.setInterval(1000, 'w', { signal: AbortSignal.timeout(2500) })) seen.push(word);
    };
    await assert.rejects(each(), broken);
    assert.deepEqual(seen, ['w', 'w']);
  },
  async 'AbortSignal.timeout'() {
    const signal = AbortSignal.timeout(1000);
    assert.ok(signal instanceof AbortSignal);
    const began = Date.now();
    setTimeout(() => {}, 5000); // the signal alone holds nobody
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    assert.equal(Date.now() - began, 1000);
    assert.equal(signal.reason.name, 'TimeoutError');
    assert.ok(signal.reason instanceof DOMException);
    assert.throws(() => AbortSignal.timeout(-1), RangeError);
    assert.throws(() => AbortSignal.timeout('x'), TypeError);
  },
  async 'an error in a timer is an uncaught exception, and the others go on'() {
    const caught = new Promise((resolve) => process.once('uncaughtException', resolve));
    setTimeout(() => { throw new Error('on purpose'); }, 10);
    await later.setTimeout(10);
    assert.equal((await caught).message, 'on purpose');
  },
  async 'they remember their context'() {
    const storage = new AsyncLocalStorage();
    const seen = await storage.run('mine', () => new Promise((resolve) => setTimeout(() => resolve(storage.getStore()), 5)));
    assert.equal(seen, 'mine');
  },
  async 'dates are dates'() {
    const now = new Date();
    assert.ok(now instanceof Date);
    assert.equal(now.constructor, Date);
    assert.equal(typeof Date(), 'string');
    assert.equal(new Date(0).getTime(), 0);
    assert.equal(new Date(2020, 1, 1).getFullYear(), 2020);
    assert.equal(Date.UTC(2020, 0), Date.parse('2020-01-01T00:00:00Z'));
    class Day extends Date {}
    assert.ok(new Day() instanceof Day);
    assert.equal(new Day().getTime(), Date.now());
    assert.ok((await require('node:fs/promises').stat(__filename)).mtime instanceof Date);
    assert.equal(structuredClone(now).getTime(), now.getTime());
  },
  async 'work that no timer sees is not skipped'() {
    let isLate = false;
    const guard = setTimeout(() => (isLate = true), 1000);
    const { execFile } = require('node:child_process');
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, ['-e', 'setTimeout(() => console.log(1), 300)'], { env: {} });
    assert.equal(stdout, '1\n');
    await require('node:fs/promises').readFile(__filename);
    await promisify(require('node:crypto').pbkdf2)('a', 'b', 200_000, 64, 'sha512');
    await require('node:crypto').webcrypto.subtle.digest('SHA-256', Buffer.alloc(10_000_000));
    await promisify(require('node:zlib').gzip)(require('node:crypto').randomBytes(3_000_000));
    await require('node:dns/promises').lookup('localhost');
    const server = net.createServer((socket) => socket.on('data', () => socket.end('hello'))).listen(0, '127.0.0.1');
    await require('node:events').once(server, 'listening');
    const socket = net.connect(server.address().port, '127.0.0.1');
    socket.write('?');
    assert.equal(`${(await require('node:events').once(socket, 'data'))[0]}`, 'hello');
    server.close();
    assert.equal(isLate, false);
    clearTimeout(guard);
  },
  async 'Atomics.wait sleeps'() {
    const began = Date.now();
    assert.equal(Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 90_000), 'timed-out');
    assert.equal(Date.now() - began, 90_000);
  },
  async 'immediates and ticks take no time'() {
    const began = Date.now();
    for (let i = 0; i < 100; i += 1) await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => process.nextTick(resolve));
    await later.setImmediate();
    assert.equal(Date.now(), began);
  },
};

(async () => {
  for (const [name, test] of Object.entries(tests)) {
    try {
      await test();
    } catch (error) {
      console.log(`FAILED ${name}: ${error.stack}`);
    }
  }
  console.log('done');
})();
