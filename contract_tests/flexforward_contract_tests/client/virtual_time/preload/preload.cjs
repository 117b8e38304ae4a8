/**
 * Virtual time for a Node program that knows nothing of it. Loaded through the environment:
 *
 *     NODE_OPTIONS="--require /path/to/preload.cjs" FLEXFORWARD_TIME_ADDRESS=127.0.0.1:4711
 *
 * Time stands still while the program works and jumps when it waits. What decides how far it jumps is the authority behind
 * FLEXFORWARD_TIME_ADDRESS; time_server.py beside this folder says how it is asked. Without that variable nothing
 * happens here. This module only replaces the calls by which a program reads a clock or waits:
 *
 * - setTimeout, setInterval and what clears them, as globals, in `timers` and in `timers/promises`;
 * - AbortSignal.timeout, and the time-outs of sockets that are connected to the mock server;
 * - Date, performance.now, performance.timeOrigin, process.hrtime, process.uptime, Intl.DateTimeFormat's "now";
 * - Atomics.wait, as a program sleeps by that waits for nothing else.
 *
 * fetch stands on the global timers, so its own time-outs (headers, body, keep-alive) are virtual as well: they fire
 * where the server withholds an answer, and never in an exchange that goes on.
 *
 * Node 18 and newer; one file without dependencies, however long, for it is loaded into programs of others.
 */
'use strict';

const { AsyncResource } = require('node:async_hooks');
const crypto = require('node:crypto');
const { ChildProcess } = require('node:child_process');
const { syncBuiltinESMExports } = require('node:module');
const net = require('node:net');
const { performance } = require('node:perf_hooks');
const timers = require('node:timers');
const timersPromises = require('node:timers/promises');
const { promisify } = require('node:util');
const { BroadcastChannel, Worker, isMainThread } = require('node:worker_threads');
const zlib = require('node:zlib');

/** Real milliseconds between two looks at a program that waits for something that is in flight. */
const GLANCE_MS = 1;
/** Real milliseconds after which a program that only waits, and for nothing that we know, is called stuck. */
const STUCK_MS = 1000;
/** Real milliseconds for which work that nobody sees the end of holds up time. */
const PATIENCE_MS = 5000;
/** Real milliseconds for which a connection to somebody else, who has spoken last, holds up time. */
const FOREIGN_MS = 20;
/** Real milliseconds after which a connection that the program does not read is left out of account. */
const UNREAD_MS = 300;
/** Real milliseconds in which the authority has to answer. */
const ANSWER_MS = 10_000;
/** Where worker threads tell us of themselves. */
const NOTICES = 'flexforward.virtual-time';
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/** What getActiveResourcesInfo names while the program works: requests to the system, children, and turns of the loop. */
const WORK = /Req|QUERY|Connect|Write|Shutdown|Process|Immediate/;

const { hrtime: realHrtime } = process;

/** Returns real milliseconds that only grow; performance.now of Node 18 asks process.hrtime, which will be ours. */
function realNow() {
  const [seconds, nanoseconds] = realHrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}

const real = {
  Date,
  abortTimeout: AbortSignal.timeout,
  atomicsWait: Atomics.wait,
  clearInterval,
  clearTimeout,
  connect: net.Socket.prototype.connect,
  hrtime: realHrtime,
  now: realNow,
  setImmediate,
  setInterval,
  setTimeout,
  socketTimeout: net.Socket.prototype.setTimeout,
  spawn: ChildProcess.prototype.spawn,
  write: net.Socket.prototype._writeGeneric,
};

// ---------------------------------------------------------------------------------------------- asking the authority

/** A thread that asks in our place, so that we can wait for the answer without turning the event loop. */
const MESSENGER = `
'use strict';
const net = require('node:net');
const { parentPort, workerData: { host, port, shared } } = require('node:worker_threads');
const flags = new Int32Array(shared, 0, 2);
const room = Buffer.from(shared, 8);
let isBroken = false;
let rest = '';
function answer(line) {
  Atomics.store(flags, 1, room.write(line));
  Atomics.add(flags, 0, 1);
  Atomics.notify(flags, 0);
}
function breakOff() {
  if (!isBroken) answer('{"over": true}');
  isBroken = true;
}
const socket = net.connect(port, host).setNoDelay(true).setEncoding('utf8');
socket.on('error', () => {}).on('close', breakOff).on('data', (text) => {
  rest += text;
  for (let end; (end = rest.indexOf('\\n')) >= 0; rest = rest.slice(end + 1)) answer(rest.slice(0, end));
});
parentPort.on('message', (line) => (isBroken ? answer('{"over": true}') : socket.write(line + '\\n')));
`;

class TimeAuthority {
  #flags;
  #room;
  #worker;

  constructor(host, port) {
    const shared = new SharedArrayBuffer(8 + 65536);
    this.#flags = new Int32Array(shared, 0, 2);
    this.#room = Buffer.from(shared, 8);
    const workerData = { host, port, shared };
    this.#worker = new Worker(MESSENGER, { eval: true, env: {}, execArgv: [], workerData });
    this.#worker.on('error', () => {});
    this.#worker.unref();
  }

  isOwn(worker) {
    return worker === this.#worker;
  }

  /** Returns the answer to one question; `{over: true}` when nobody is there any more. */
  ask(question) {
    const before = Atomics.load(this.#flags, 0);
    this.#worker.postMessage(JSON.stringify(question));
    const until = real.now() + ANSWER_MS;
    // The messenger's call to wake us may come late, for the answer before: what counts is the count.
    while (Atomics.load(this.#flags, 0) === before) {
      const left = until - real.now();
      if (left <= 0) return { over: true };
      real.atomicsWait(this.#flags, 0, before, left);
    }
    return JSON.parse(this.#room.toString('utf8', 0, Atomics.load(this.#flags, 1)));
  }
}

// ---------------------------------------------------------------------------------------------- the program's time

/** The time of this program: how late it is, who waits, and moving on. */
class VirtualTime {
  #authority;
  #heap = [];
  #count = 0;
  #refs = 0;
  /** Keeps the event loop going for the sake of our timers, as theirs would. */
  #keeper;
  #armed = null;
  #poll = null;
  #isStopped = false;
  #elapsed;
  /** Until when the program may go on by itself, because nobody else has a say in it. */
  #free = -1;
  #isAhead = false;
  #wireStamp = 0;
  #idleSince = null;
  #busySince = null;
  #working = new Map();
  #workers = new Map();
  #notices = null;
  #notes = new Set();

  constructor(authority, hello) {
    this.#authority = authority;
    this.#elapsed = hello.elapsed;
    this.epochMs = hello.epoch * 1000;
    this.wires = new Wires(hello.server, this);
    this.#keeper = real.setInterval(() => {}, LONGEST_DELAY_MS).unref();
    // A worker is not seen in the list of what is active; it is worked for while its event loop is busy.
    process.on('worker', (worker) => {
      if (authority.isOwn(worker)) return;
      this.#workers.set(worker, { active: 0, since: real.now() });
      worker.once('exit', () => this.#workers.delete(worker));
      this.#notices ??= this.#listen();
    });
  }

  /** Takes the notices of worker threads. */
  #listen() {
    const channel = new BroadcastChannel(NOTICES);
    channel.onmessage = ({ data }) => this.note(data);
    channel.unref();
    return channel;
  }

  // -- Reading the clock

  /** Returns virtual seconds since the epoch. */
  elapsed() {
    const stamp = this.wires.stamp();
    if (stamp !== this.#wireStamp) {
      // Answers came in, and an exchange takes its time.
      this.#wireStamp = stamp;
      if (!this.#isAhead) this.#take(this.#authority.ask({ now: true }));
    }
    return this.#elapsed;
  }

  /** Returns virtual milliseconds since 1970, whole ones. */
  wallMs() {
    return Math.floor(this.epochMs + this.elapsed() * 1000 + 0.01);
  }

  note(problem) {
    if (this.#notes.has(problem)) return;
    this.#notes.add(problem);
    this.#authority.ask({ note: problem });
  }

  #take(answer) {
    if (answer.over || answer.stuck) this.#isStopped = true;
    if (answer.elapsed > this.#elapsed) this.#elapsed = answer.elapsed;
    this.#free = answer.free ?? -1;
    return answer;
  }

  /** Lets the authority know how far the program has gone by itself, before anybody can see it. */
  catchUp() {
    if (this.#isAhead) {
      this.#isAhead = false;
      this.#take(this.#authority.ask({ at: this.#elapsed }));
    }
    this.#free = -1;
  }

  // -- Who waits

  add(timer, delayMs) {
    const entry = { due: this.elapsed() + delayMs / 1000, number: this.#count++, timer };
    push(this.#heap, entry);
    this.kick();
    return entry;
  }

  /** Counts timers that keep the program alive. */
  hold(change) {
    const before = this.#refs;
    this.#refs += change;
    if (before === 0 && this.#refs > 0) this.#keeper.ref();
    if (before > 0 && this.#refs === 0) this.#keeper.unref();
  }

  #earliest() {
    while (this.#heap.length && this.#heap[0].timer.entry !== this.#heap[0]) pop(this.#heap);
    return this.#heap[0];
  }

  /** Tells that something of the program's goes on which no list shows; returns what ends it. */
  work() {
    const key = Symbol('work');
    this.#working.set(key, real.now());
    return () => this.#working.delete(key);
  }

  /** Lets the only thread sleep, as Atomics.wait does. */
  pause(ms) {
    const until = this.elapsed() + ms / 1000;
    const cell = new Int32Array(new SharedArrayBuffer(4));
    this.catchUp();
    while (this.#elapsed < until && !this.#isStopped) {
      const answer = this.#take(this.#authority.ask({ wait: until, asked: this.wires.hasAsked, traffic: null }));
      if (!answer.moved) real.atomicsWait(cell, 0, 0, GLANCE_MS);
    }
    while (this.#isStopped) real.atomicsWait(cell, 0, 0, 60_000); // whoever started us is about to end us
  }

  // -- Moving on

  /** Sees to it that the pump goes after what the program does now. */
  kick() {
    this.#idleSince = null;
    this.#turn();
  }

  #turn() {
    if (this.#armed === 'turn' || this.#isStopped) return;
    if (this.#poll !== null) real.clearTimeout(this.#poll);
    this.#poll = null;
    this.#armed = 'turn';
    real.setImmediate(this.#pump);
  }

  #glance(ms = GLANCE_MS) {
    if (this.#armed !== null || this.#isStopped) return;
    this.#armed = 'glance';
    this.#poll = real.setTimeout(this.#pump, ms).unref();
  }

  /**
   * Goes one step: fires a timer that is due, or moves time if the program waits. It runs as a callback of the event
   * loop's, so ticks and promises are done with before it and after it.
   */
  #pump = () => {
    const isAlive = this.#armed === 'glance' || this.#refs > 0 || this.wires.isHolding || isListening();
    this.#armed = null;
    if (this.#isStopped) return;
    let head = this.#earliest();
    if (head === undefined || head.due > this.#elapsed) {
      if (!isAlive) {
        // A glance comes only if something of the program's own keeps the event loop going; we do not.
        if (head !== undefined || this.wires.isAny || this.wires.hasAsked) this.#glance();
        return;
      }
      if (!this.#moves(head)) return;
      head = this.#earliest();
    }
    this.#turn();
    if (head !== undefined && head.due <= this.#elapsed) {
      pop(this.#heap);
      head.timer.fire();
    }
  };

  /** Moves time, if it may; if not, sees to another look. */
  #moves(head) {
    const traffic = this.wires.traffic();
    const resources = process.getActiveResourcesInfo();
    if (traffic === null || this.#isAtWork(resources)) {
      if (resources.includes('Immediate')) this.#turn();
      else this.#glance();
      return false;
    }
    if (head === undefined && !this.wires.isAny) {
      this.#idle();
      return false;
    }
    if (head !== undefined && head.due <= this.#free) {
      this.#elapsed = head.due;
      this.#isAhead = true;
      return true;
    }
    this.catchUp();
    const wait = head === undefined ? null : head.due;
    const answer = this.#take(this.#authority.ask({ wait, asked: this.wires.hasAsked, traffic }));
    if (!answer.moved) this.#glance();
    return answer.moved === true;
  }

  /** Looks after a program that is alive, but waits for nothing that we know: nothing may ever come. */
  #idle() {
    if (!this.wires.hasAsked || this.#workers.size > 0) return this.#glance(50);
    this.#idleSince ??= real.now();
    if (real.now() - this.#idleSince > STUCK_MS) {
      this.#idleSince = null;
      this.catchUp();
      this.#take(this.#authority.ask({ wait: null, asked: true, traffic: {} }));
    }
    this.#glance(20);
  }

  #isAtWork(resources) {
    const now = real.now();
    for (const [key, since] of this.#working) if (now - since > PATIENCE_MS) this.#working.delete(key);
    const kind =
      resources.find((name) => WORK.test(name)) ??
      (this.#working.size > 0 ? 'a task of its own' : undefined) ??
      (this.#workers.size > 0 && this.#isWorkerBusy(now) ? 'a worker thread' : undefined) ??
      (this.wires.isForeignBusy(now) ? 'a connection to somebody else' : undefined);
    if (kind === undefined || kind === 'Immediate') {
      this.#busySince = null;
      return kind !== undefined;
    }
    this.#busySince ??= now;
    if (!this.wires.hasAsked || now - this.#busySince < PATIENCE_MS) return true;
    this.note(`it waits while something of its own goes on for long (${kind})`);
    return false;
  }

  #isWorkerBusy(now) {
    let isBusy = false;
    for (const [worker, state] of this.#workers) {
      const { active } = worker.performance.eventLoopUtilization();
      if (active - state.active > 0.5) state.since = now;
      state.active = active;
      isBusy ||= now - state.since < 50;
    }
    return isBusy;
  }
}

function isListening() {
  return process.getActiveResourcesInfo().includes('TCPServerWrap');
}

function isBefore(one, other) {
  return one.due < other.due || (one.due === other.due && one.number < other.number);
}

function push(heap, entry) {
  let at = heap.push(entry) - 1;
  while (at > 0) {
    const above = (at - 1) >> 1;
    if (!isBefore(entry, heap[above])) break;
    heap[at] = heap[above];
    at = above;
  }
  heap[at] = entry;
}

function pop(heap) {
  const entry = heap.pop();
  if (heap.length === 0) return;
  let at = 0;
  for (;;) {
    let below = 2 * at + 1;
    if (below >= heap.length) break;
    if (below + 1 < heap.length && isBefore(heap[below + 1], heap[below])) below += 1;
    if (!isBefore(heap[below], entry)) break;
    heap[at] = heap[below];
    at = below;
  }
  heap[at] = entry;
}

// ---------------------------------------------------------------------------------------------- connections

/** The program's connections: those to the mock server byte for byte, others by whether they seem to be used. */
class Wires {
  #server;
  #time;
  #own = new Map();
  #foreign = new Map();
  #gone = 0;
  /** Whether the program has ever connected to the mock server. */
  hasAsked = false;

  constructor([host, port], time) {
    this.#server = { host, port };
    this.#time = time;
  }

  get isAny() {
    return this.#own.size > 0;
  }

  /** Whether one of them keeps the event loop going. */
  get isHolding() {
    for (const [socket] of this.#own) if (socket._handle?.hasRef?.() && socket._handle.reading) return true;
    return false;
  }

  isOwn(socket) {
    return this.#own.has(socket);
  }

  opening(socket, args) {
    const options = Array.isArray(args[0]) ? args[0][0] : args[0];
    const isNamed = typeof options === 'object' && options !== null;
    const port = Number(isNamed ? options.port : options);
    const host = isNamed ? options.host : args[1];
    this.#time.catchUp();
    if (port === this.#server.port && this.#isHere(host)) {
      const state = { read: 0, total: 0, isClosed: false, since: real.now() };
      this.#own.set(socket, state);
      socket.once('close', () => (state.isClosed = true));
      this.hasAsked = true;
      this.#time.kick();
    } else {
      this.#foreign.set(socket, { read: 0, written: 0, isOwed: false, since: real.now() });
    }
  }

  #isHere(host) {
    if (typeof host !== 'string' || host === this.#server.host || net.isIP(host) === 0) return true;
    return host.startsWith('127.') || host === '::1' || host === '::ffff:127.0.0.1';
  }

  /** Returns a number that changes whenever something has come in from the mock server. */
  stamp() {
    let sum = this.#gone;
    for (const [socket, state] of this.#own) {
      if (socket.destroyed && (state.isClosed || this.#isOld(state))) {
        this.#own.delete(socket);
        this.#gone += state.read + 1;
        sum += state.read + 1;
      } else {
        state.read = socket.bytesRead ?? 0;
        sum += state.read;
      }
    }
    return sum;
  }

  /** Returns bytes sent and received by the port of our end; null while a connection is being made. */
  traffic() {
    this.stamp();
    const counts = {};
    for (const [socket, state] of this.#own) {
      // Of one that is destroyed the program hears only when it is closed, a turn later.
      if (socket.connecting || socket.destroyed || socket.localPort === undefined) return null;
      if (!this.#isUnread(socket, state)) counts[socket.localPort] = [socket.bytesWritten, socket.bytesRead];
    }
    return counts;
  }

  /** Tells whether the program has long stopped to read a connection: what is in flight there never arrives. */
  #isUnread(socket, state) {
    const total = socket.bytesRead + socket.bytesWritten;
    if (state.total !== total || socket._handle?.reading !== false) {
      state.total = total;
      state.since = real.now();
    }
    return this.#isOld(state);
  }

  #isOld(state) {
    return real.now() - state.since > UNREAD_MS;
  }

  isForeignBusy(now) {
    let isBusy = false;
    for (const [socket, state] of this.#foreign) {
      if (socket.destroyed) {
        this.#foreign.delete(socket);
        continue;
      }
      const read = socket.bytesRead ?? 0;
      const written = socket.bytesWritten ?? 0;
      if (read !== state.read || written !== state.written) {
        state.isOwed = written !== state.written && read === state.read;
        Object.assign(state, { read, written, since: now });
      }
      isBusy ||= now - state.since < (state.isOwed ? 2 * PATIENCE_MS : FOREIGN_MS);
    }
    return isBusy;
  }
}

// ---------------------------------------------------------------------------------------------- timers

let time;

/** A timer of ours. It looks enough like Node's for the clearTimeout within Node, which sockets are given. */
class Timeout {
  #callback;
  #args;
  #delayMs;
  #isRepeated;
  #isRef = true;
  #id = null;
  #resource;
  entry = null;

  constructor(callback, delay, args, isRepeated, isRef = true) {
    this.#callback = callback;
    this.#delayMs = lengthOf(delay);
    this.#args = args;
    this.#isRepeated = isRepeated;
    this.#isRef = isRef;
    this.#resource = new AsyncResource('Timeout', { requireManualDestroy: true });
    this.#schedule();
  }

  #schedule() {
    if (this.entry === null && this.#isRef) time.hold(+1);
    this.entry = time.add(this, this.#delayMs);
  }

  #unschedule() {
    if (this.entry !== null && this.#isRef) time.hold(-1);
    this.entry = null;
  }

  fire() {
    this.#unschedule();
    try {
      this.#resource.runInAsyncScope(this.#callback, this, ...this.#args);
    } finally {
      if (this.#isRepeated && this.#callback !== null) this.#schedule();
    }
  }

  get _onTimeout() {
    return this.#callback;
  }

  set _onTimeout(callback) {
    if (typeof callback === 'function') this.#callback = callback;
    else this.close();
  }

  get _destroyed() {
    return this.entry === null;
  }

  set _destroyed(_) {} // Node writes these when it clears a timer

  get _idleTimeout() {
    return this.entry === null ? -1 : this.#delayMs;
  }

  set _idleTimeout(_) {}

  get _repeat() {
    return this.#isRepeated ? this.#delayMs : null;
  }

  set _repeat(_) {}

  ref() {
    if (!this.#isRef && this.entry !== null) time.hold(+1);
    this.#isRef = true;
    return this;
  }

  unref() {
    if (this.#isRef && this.entry !== null) time.hold(-1);
    this.#isRef = false;
    return this;
  }

  hasRef() {
    return this.#isRef;
  }

  refresh() {
    if (this.#callback !== null) this.#schedule();
    return this;
  }

  close() {
    this.#unschedule();
    this.#callback = null;
    if (this.#id !== null) numbered.delete(this.#id);
    return this;
  }

  [Symbol.toPrimitive]() {
    this.#id ??= ++lastId;
    numbered.set(this.#id, this);
    return this.#id;
  }
}
if (Symbol.dispose) {
  Timeout.prototype[Symbol.dispose] = Timeout.prototype.close;
}

const numbered = new Map();
let lastId = 1_000_000_000;

/** Returns a delay as Node takes it: whole milliseconds, at least one. */
function lengthOf(delay) {
  const ms = Number(delay);
  if (ms >= 1 && ms <= LONGEST_DELAY_MS) return Math.trunc(ms);
  if (ms > LONGEST_DELAY_MS) {
    const fault = `${ms} does not fit into a 32-bit signed integer.\nTimeout duration was set to 1.`;
    process.emitWarning(fault, 'TimeoutOverflowWarning');
  }
  return 1;
}

function setVirtualTimeout(callback, delay, ...args) {
  if (typeof callback !== 'function') return real.setTimeout(callback, delay); // it raises what it should
  return new Timeout(callback, delay, args, false);
}

function setVirtualInterval(callback, delay, ...args) {
  if (typeof callback !== 'function') return real.setInterval(callback, delay);
  return new Timeout(callback, delay, args, true);
}

function clearVirtual(timer) {
  if (timer instanceof Timeout) timer.close();
  else if ((typeof timer === 'number' || typeof timer === 'string') && numbered.has(Number(timer))) {
    numbered.get(Number(timer)).close();
  } else real.clearTimeout(timer);
}

class AbortError extends Error {
  constructor(signal) {
    super('The operation was aborted', { cause: signal.reason });
    this.name = 'AbortError';
    this.code = 'ABORT_ERR';
  }
}

/** Returns whether Node would take these options of `timers/promises`. */
function isLegal(options) {
  if (options === null || typeof options !== 'object') return false;
  const { signal, ref } = options;
  const isSignal = signal === undefined || (typeof signal === 'object' && signal !== null && 'aborted' in signal);
  return isSignal && (ref === undefined || typeof ref === 'boolean');
}

function promiseTimeout(realOne) {
  return function setTimeout(delay, value, options = {}) {
    if (!isLegal(options)) return realOne(delay, value, options);
    const { signal, ref = true } = options;
    if (signal?.aborted) return Promise.reject(new AbortError(signal));
    return new Promise((resolve, reject) => {
      const timer = new Timeout(done, delay, [], false, ref);
      function done() {
        signal?.removeEventListener('abort', abort);
        resolve(value);
      }
      function abort() {
        timer.close();
        reject(new AbortError(signal));
      }
      signal?.addEventListener('abort', abort, { once: true });
    });
  };
}

function promiseInterval(realOne) {
  return async function* setInterval(delay, value, options = {}) {
    if (!isLegal(options)) return yield* realOne(delay, value, options);
    const { signal, ref = true } = options;
    if (signal?.aborted) throw new AbortError(signal);
    let due = 0;
    let wake = () => {};
    const beat = () => {
      due += 1;
      wake();
    };
    const abort = () => wake();
    const timer = new Timeout(beat, delay, [], true, ref);
    signal?.addEventListener('abort', abort, { once: true });
    try {
      while (!signal?.aborted) {
        if (due === 0) await new Promise((resolve) => (wake = resolve));
        for (; due > 0 && !signal?.aborted; due -= 1) yield value;
      }
      throw new AbortError(signal);
    } finally {
      timer.close();
      signal?.removeEventListener('abort', abort);
    }
  };
}

function replaceTimers() {
  const setTimeoutLater = promiseTimeout(timersPromises.setTimeout);
  const setIntervalLater = promiseInterval(timersPromises.setInterval);
  setVirtualTimeout[promisify.custom] = setTimeoutLater;
  rename(setVirtualTimeout, 'setTimeout');
  rename(setVirtualInterval, 'setInterval');
  const clears = { clearTimeout: (timer) => clearVirtual(timer), clearInterval: (timer) => clearVirtual(timer) };
  for (const owner of [globalThis, timers]) {
    Object.assign(owner, { setTimeout: setVirtualTimeout, setInterval: setVirtualInterval, ...clears });
  }
  Object.assign(timersPromises, { setTimeout: setTimeoutLater, setInterval: setIntervalLater });
  const wait = (delay, options) => setTimeoutLater(delay, undefined, options);
  if (timersPromises.scheduler) put(timersPromises.scheduler, 'wait', wait);

  put(AbortSignal, 'timeout', function timeout(delay) {
    if (!(Number.isInteger(delay) && delay >= 0 && delay < 2 ** 32)) return real.abortTimeout.call(AbortSignal, delay);
    const controller = new AbortController();
    const reason = () => new DOMException('The operation was aborted due to timeout', 'TimeoutError');
    new Timeout(() => controller.abort(reason()), Math.min(delay, LONGEST_DELAY_MS), [], false, false);
    return controller.signal;
  });

  put(Atomics, 'wait', function wait(cells, index, value, ms = Infinity) {
    const isSleep = ms > 0 && Number.isFinite(Number(ms));
    const outcome = real.atomicsWait(cells, index, value, isSleep ? 0 : ms);
    if (isSleep && outcome === 'timed-out') time.pause(Number(ms));
    return outcome;
  });
}

// ---------------------------------------------------------------------------------------------- clocks

function replaceClocks() {
  const baseMs = performance.now();
  const baseUptime = process.uptime();
  const baseElapsed = time.elapsed();
  const baseNs = real.hrtime.bigint();
  const lived = () => time.elapsed() - baseElapsed;
  const nowNs = () => baseNs + BigInt(Math.round(lived() * 1e9));

  const now = () => time.wallMs();
  const VirtualDate = new Proxy(real.Date, {
    apply: () => new real.Date(now()).toString(),
    construct: (target, args, newTarget) => Reflect.construct(target, args.length ? args : [now()], newTarget),
  });
  put(real.Date, 'now', now);
  put(real.Date.prototype, 'constructor', VirtualDate);
  globalThis.Date = VirtualDate;

  put(performance, 'now', () => baseMs + lived() * 1000);
  put(performance, 'timeOrigin', time.epochMs + baseElapsed * 1000 - baseMs);

  function hrtime(since) {
    if (since !== undefined && !Array.isArray(since)) return real.hrtime(since);
    const ns = nowNs() - (since ? BigInt(since[0]) * 1_000_000_000n + BigInt(since[1]) : 0n);
    const seconds = ns >= 0n ? ns / 1_000_000_000n : -((-ns + 999_999_999n) / 1_000_000_000n);
    return [Number(seconds), Number(ns - seconds * 1_000_000_000n)];
  }
  hrtime.bigint = nowNs;
  process.hrtime = hrtime;
  process.uptime = () => baseUptime + lived();

  const format = Object.getOwnPropertyDescriptor(Intl.DateTimeFormat.prototype, 'format');
  Object.defineProperty(Intl.DateTimeFormat.prototype, 'format', {
    ...format,
    get() {
      const bound = format.get.call(this);
      return (date) => bound(date === undefined ? now() : date);
    },
  });
  const { formatToParts } = Intl.DateTimeFormat.prototype;
  put(Intl.DateTimeFormat.prototype, 'formatToParts', function parts(date) {
    return formatToParts.call(this, date === undefined ? now() : date);
  });
}

// ---------------------------------------------------------------------------------------------- sockets, other work

function replaceSockets() {
  const isTimer = (symbol) => /^k?timeout$/i.test(symbol.description ?? '');
  const timerKey = Object.getOwnPropertySymbols(new net.Socket()).find(isTimer);

  /** Makes the time-out of a socket a virtual one; Node itself refreshes and clears it. */
  function adopt(socket) {
    if (timerKey === undefined || !(socket.timeout > 0) || socket[timerKey] instanceof Timeout) return;
    real.clearTimeout(socket[timerKey]);
    socket[timerKey] = new Timeout(() => socket._onTimeout(), socket.timeout, [], false, false);
  }

  net.Socket.prototype.connect = function connect(...args) {
    time.wires.opening(this, args);
    if (time.wires.isOwn(this)) adopt(this);
    return real.connect.apply(this, args);
  };
  net.Socket.prototype.setTimeout = function setTimeout(...args) {
    if (this[timerKey] instanceof Timeout) {
      this[timerKey].close();
      this[timerKey] = null; // Node 24 would use it again
    }
    real.socketTimeout.apply(this, args);
    if (time.wires.isOwn(this)) adopt(this);
    return this;
  };
  net.Socket.prototype._writeGeneric = function _writeGeneric(...args) {
    time.catchUp();
    return real.write.apply(this, args);
  };
  ChildProcess.prototype.spawn = function spawn(...args) {
    time.catchUp();
    return real.spawn.apply(this, args);
  };
}

/** Lets work in Node's own threads be seen: it stands in no list of what is active. */
function watchThreads() {
  const names = ['checkPrime', 'generateKey', 'generateKeyPair', 'generatePrime', 'hkdf', 'pbkdf2', 'randomBytes'];
  for (const name of [...names, 'randomFill', 'randomInt', 'scrypt', 'sign', 'verify']) {
    const call = crypto[name];
    const watched = function watched(...args) {
      const last = args.at(-1);
      if (typeof last !== 'function') return call.apply(this, args);
      const end = time.work();
      args[args.length - 1] = function done(...results) {
        end();
        return last.apply(this, results);
      };
      try {
        return call.apply(this, args);
      } catch (error) {
        end();
        throw error;
      }
    };
    crypto[name] = Object.defineProperties(watched, Object.getOwnPropertyDescriptors(call));
  }
  const subtle = Object.getPrototypeOf(crypto.webcrypto.subtle);
  const promising = Object.getOwnPropertyNames(subtle).map((name) => [subtle, name]);
  // fetch compiles its parser at its first use.
  for (const name of ['compile', 'instantiate']) promising.push([WebAssembly, name]);
  for (const [owner, name] of promising) {
    const call = Object.getOwnPropertyDescriptor(owner, name)?.value;
    if (name === 'constructor' || typeof call !== 'function') continue;
    put(owner, name, function watched(...args) {
      const outcome = call.apply(this, args);
      if (typeof outcome?.then !== 'function') return outcome;
      const end = time.work();
      outcome.then(end, end);
      return outcome;
    });
  }
  const packer = Object.getPrototypeOf(Object.getPrototypeOf(zlib.Gunzip.prototype));
  const transform = packer._transform;
  if (typeof transform !== 'function') return;
  packer._transform = function _transform(chunk, encoding, done) {
    const end = time.work();
    return transform.call(this, chunk, encoding, (...results) => {
      end();
      done(...results);
    });
  };
}

function put(owner, name, value) {
  Object.defineProperty(owner, name, { value, writable: true, configurable: true, enumerable: false });
}

function rename(call, name) {
  Object.defineProperty(call, 'name', { value: name, configurable: true });
}

// ---------------------------------------------------------------------------------------------- taking over

function takeOver(host, port) {
  const authority = new TimeAuthority(host, port);
  const hello = authority.ask({ hello: 'node', pid: process.pid });
  if (hello.epoch === undefined) return; // nobody is there, and that they will notice
  time = new VirtualTime(authority, hello);
  replaceTimers();
  replaceClocks();
  replaceSockets();
  watchThreads();
  syncBuiltinESMExports();
}

/** In a worker thread time is real: that it waits there is told, once. */
function tellOfWaits() {
  let isTold = false;
  const tell = (delay) => {
    if (isTold || !(delay >= 1000)) return;
    isTold = true;
    const channel = new BroadcastChannel(NOTICES);
    channel.unref();
    channel.postMessage('it waits in a worker thread');
  };
  const watched = (call, at) =>
    Object.defineProperties(function watched(...args) {
      tell(args[at]);
      return call.apply(this, args);
    }, Object.getOwnPropertyDescriptors(call));
  for (const owner of [globalThis, timers]) {
    owner.setTimeout = watched(real.setTimeout, 1);
    owner.setInterval = watched(real.setInterval, 1);
  }
  timersPromises.setTimeout = watched(timersPromises.setTimeout, 0);
  timersPromises.setInterval = watched(timersPromises.setInterval, 0);
  syncBuiltinESMExports();
}

const where = /^\[?(.*?)\]?:(\d+)$/.exec(process.env.FLEXFORWARD_TIME_ADDRESS ?? '');
const mark = Symbol.for('flexforward.virtual-time');
if (where && !globalThis[mark]) {
  put(globalThis, mark, true);
  (isMainThread ? takeOver : tellOfWaits)(where[1], Number(where[2]));
}
