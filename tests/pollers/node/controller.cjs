// An AbortController that a timer aborts, in CommonJS, with promisify.
'use strict';
const { promisify } = require('node:util');
const wait = promisify(setTimeout);

async function main() {
  const { HOUR, ask, say, tell } = await import('./kit.mjs');
  for (;;) {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), 12_000);
    const began = Date.now();
    try {
      if (tell(await ask({ signal: controller.signal }))) return;
    } catch (error) {
      say('failed', `${error.name} ${Date.now() - began}`);
    } finally {
      clearTimeout(timer);
    }
    await wait(HOUR);
  }
}

main();
