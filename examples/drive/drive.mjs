// Drives the mock over its control API, with fetch: node drive.mjs (Node.js 20 or newer)
const mock = process.env.MOCK ?? 'http://127.0.0.1:8080';

/** Asks the control API; throws when it refuses. */
async function call(method, path, body) {
  const response = await fetch(`${mock}/_mock/sandboxes${path}`, { method, body: body && JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text && JSON.parse(text);
}

const sandbox = await call('POST', '', { clock: { now: '2026-04-01T00:00:00Z', frozen: true } });
const path = `/${sandbox.id}`;

/** Asks as the code under test would. */
const track = () =>
  fetch(`${mock}/tracking/ORDER-1`, { headers: { Authorization: `Bearer ${sandbox.accounts.own.token}` } });

try {
  await call('POST', `${path}/labels`, { scenario: 'delivered', order_number: 'ORDER-1' });
  console.log((await (await track()).json()).tag);
  await call('POST', `${path}/clock/advance`, { seconds: 7 * 24 * 3600 });
  console.log((await (await track()).json()).tag);
  await call('POST', `${path}/faults`, { kind: 'status', status: 502 });
  console.log((await track()).status);

  const { exchanges } = await call('GET', `${path}/journal`);
  console.log('journal:', ...exchanges.map((exchange) => exchange.status));
} finally {
  await call('DELETE', path);
}
