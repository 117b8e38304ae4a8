// What the tests need of flexforward-mock: a server, and sandboxes on it by its control API.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Returns where a server is, and how to end it: that of FLEXFORWARD_BASE_URL, else one that is started here. */
export async function startMock() {
  if (process.env.FLEXFORWARD_BASE_URL) return { baseUrl: process.env.FLEXFORWARD_BASE_URL, stop() {} };
  const server = spawn('flexforward-mock', ['serve', '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const baseUrl = await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`flexforward-mock ended with ${code}`)));
    createInterface({ input: server.stdout }).on('line', (line) => {
      const listening = /^Listening on (\S+)/.exec(line);
      if (listening) resolve(listening[1]);
    });
  });
  return { baseUrl, stop: () => server.kill() };
}

/** A Flex Forward of its own, whose time stands still until it is let pass. */
export class Sandbox {
  static async open(baseUrl) {
    const clock = { now: '2026-04-01T00:00:00Z', frozen: true };
    return new Sandbox(baseUrl, await call(baseUrl, 'POST', '', { clock }));
  }

  constructor(baseUrl, { id, accounts, bad_token: badToken }) {
    Object.assign(this, { baseUrl, id, token: accounts.own.token, badToken });
  }

  /** Puts a shipment in, by a scenario's name or a script id. */
  ship = (scenario, more = {}) => this.#call('POST', '/labels', { scenario, ...more });

  /** Lets time pass. */
  advance = (ms) => this.#call('POST', '/clock/advance', { seconds: ms / 1000 });

  /** Spoils the next answers. */
  fault = (kind, more = {}) => this.#call('POST', '/faults', { kind, ...more });

  /** Returns what was asked and answered. */
  journal = async () => (await this.#call('GET', '/journal')).exchanges;

  close = () => this.#call('DELETE', '');

  #call(method, path, body) {
    return call(this.baseUrl, method, `/${this.id}${path}`, body);
  }
}

async function call(baseUrl, method, path, body) {
  const answer = await fetch(`${baseUrl}/_mock/sandboxes${path}`, {
    method,
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text && JSON.parse(text);
}
