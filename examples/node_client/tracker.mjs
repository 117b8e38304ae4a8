// Follows shipments on Flex Forward with fetch (Node.js 20 or newer).
import { setTimeout as wait } from 'node:timers/promises';

const HOUR = 3_600_000;
const TERMINAL = new Set(['Delivered', 'Cancelled']);
const BACKOFFS = [1_000, 2_000, 4_000, 8_000];

/** How long to wait after each tag, in milliseconds; an hour after Unknown, and after tags that are not documented. */
const INTERVALS = { Pending: 4 * HOUR, InfoReceived: 4 * HOUR, InTransit: HOUR / 2, Exception: HOUR / 4 };

export class TrackingError extends Error {
  /** @param {number} [status] of the answer, if there was one */
  constructor(message, status, options) {
    super(message, options);
    this.name = 'TrackingError';
    this.status = status;
  }
}

export class Tracker {
  #baseUrl;
  #token;
  #sleep;
  #timeout;

  /**
   * @param {object} settings
   * @param {string} settings.baseUrl such as https://api.flexforwardship.com
   * @param {string} settings.token for the bearer scheme
   * @param {(ms: number) => Promise<unknown>} [settings.sleep] waits
   * @param {number} [settings.timeout] of a request, in milliseconds
   */
  constructor({ baseUrl, token, sleep = wait, timeout = 10_000 }) {
    this.#baseUrl = baseUrl;
    this.#token = token;
    this.#sleep = sleep;
    this.#timeout = timeout;
  }

  /** Returns the body of a shipment, by label id or order number; what may pass is tried again. */
  async read(shipment) {
    for (const backoff of BACKOFFS) {
      try {
        return await this.#ask(shipment);
      } catch (error) {
        const mayPass = error.status === undefined || error.status === 502;
        if (!mayPass) throw error;
      }
      await this.#sleep(backoff);
    }
    return this.#ask(shipment);
  }

  /** Polls a shipment until it has arrived or is cancelled, and yields the body at each change of its tag. */
  async *follow(shipment) {
    for (let told; !TERMINAL.has(told); ) {
      const body = await this.read(shipment);
      if (body.tag !== told) yield body;
      told = body.tag;
      if (!TERMINAL.has(told)) await this.#sleep(INTERVALS[told] ?? HOUR);
    }
  }

  async #ask(shipment) {
    try {
      const answer = await fetch(new URL(`/tracking/${encodeURIComponent(shipment)}`, this.#baseUrl), {
        headers: { Authorization: `Bearer ${this.#token}` },
        signal: AbortSignal.timeout(this.#timeout),
      });
      if (answer.ok) return await answer.json();
      await answer.body?.cancel();
      throw new TrackingError(`${shipment}: ${answer.status} ${answer.statusText}`, answer.status);
    } catch (error) {
      if (error instanceof TrackingError) throw error;
      throw new TrackingError(`${shipment}: ${error.cause?.message ?? error.message}`, undefined, { cause: error });
    }
  }
}
