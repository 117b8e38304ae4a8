// undici from npm, with its own time-outs.
import { Agent, request } from 'undici';
import { HEADERS, HOUR, URL_, say, tell } from './kit.mjs';

const dispatcher = new Agent({ headersTimeout: 25_000, bodyTimeout: 25_000, keepAliveTimeout: 10_000 });
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
for (;;) {
  const began = Date.now();
  try {
    const { body } = await request(URL_, { dispatcher, headers: HEADERS });
    if (tell((await body.json()).tag)) break;
  } catch (error) {
    say('failed', `${error.code} ${Date.now() - began}`);
  }
  await wait(HOUR);
}
