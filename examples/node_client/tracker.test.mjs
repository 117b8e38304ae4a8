// The tracker against flexforward-mock: node --test. Whenever it sleeps, the mock's time passes.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';

import { Sandbox, startMock } from './mock.mjs';
import { Tracker } from './tracker.mjs';

let mock, sandbox, tracker;

before(async () => (mock = await startMock()));
after(() => mock.stop());
beforeEach(async () => {
  sandbox = await Sandbox.open(mock.baseUrl);
  tracker = trackerWith({});
});
afterEach(() => sandbox.close());

const trackerWith = (more) =>
  new Tracker({ baseUrl: sandbox.baseUrl, token: sandbox.token, sleep: sandbox.advance, ...more });
const statuses = async () => (await sandbox.journal()).map((exchange) => exchange.status);

test('a shipment is followed until it is delivered', async () => {
  const label = await sandbox.ship('delivered');
  const tags = [];
  for await (const { tag } of tracker.follow(label.id)) tags.push(tag);
  assert.deepEqual(tags, ['Pending', 'InfoReceived', 'InTransit', 'Delivered']);
  assert.equal((await sandbox.journal()).at(-1).tag, 'Delivered');
});

test('two 502s are tried again', async () => {
  const label = await sandbox.ship('delivered');
  await sandbox.fault('status', { status: 502, times: 2 });
  assert.equal((await tracker.read(label.id)).tag, 'Pending');
  assert.deepEqual(await statuses(), [502, 502, 200]);
});

test('the last of many 502s is told', async () => {
  const label = await sandbox.ship('delivered');
  await sandbox.fault('status', { status: 502, times: null });
  await assert.rejects(tracker.read(label.id), { name: 'TrackingError', status: 502 });
  assert.deepEqual(await statuses(), [502, 502, 502, 502, 502]);
});

for (const kind of ['reset', 'close-mid-body', 'no-answer'])
  test(`a connection that breaks is tried again: ${kind}`, async () => {
    const label = await sandbox.ship('delivered');
    await sandbox.fault(kind, { times: 1 });
    assert.equal((await trackerWith({ timeout: 500 }).read(label.id)).tag, 'Pending');
  });

test('a refusal is not tried again', async () => {
  await assert.rejects(tracker.read('nobody-knows-it'), { name: 'TrackingError', status: 404 });
  await assert.rejects(trackerWith({ token: sandbox.badToken }).read('PITD-6h-1'), { status: 401 });
  assert.deepEqual(await statuses(), [404, 401]);
});

test('an order number may hold anything', async () => {
  await sandbox.ship('delivered', { order_number: '50% / #7?' });
  assert.equal((await tracker.read('50% / #7?')).tag, 'Pending');
});

test('a tag that nobody knows does not end it', async () => {
  const label = await sandbox.ship('evolving-contract');
  const tags = [];
  for await (const { tag } of tracker.follow(label.id)) tags.push(tag);
  assert.deepEqual(tags, ['InfoReceived', 'InTransit', 'OutForDelivery', 'Delivered']);
});
