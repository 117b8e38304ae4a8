// node:http with an agent that keeps connections, and the time-out of a request.
'use strict';
const http = require('node:http');
const agent = new http.Agent({ keepAlive: true, maxSockets: 1, timeout: 60_000 });

async function main() {
  const { HEADERS, HOUR, URL_, say, tell } = await import('./kit.mjs');
  const get = () =>
    new Promise((resolve, reject) => {
      const request = http.get(URL_, { agent, headers: HEADERS, timeout: 9_000 }, (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (piece) => (text += piece));
        answer.on('error', reject);
        answer.on('end', () => (answer.statusCode === 200 ? resolve(JSON.parse(text).tag) : reject(new Error('status'))));
      });
      request.on('timeout', () => request.destroy(new Error('timed out')));
      request.on('error', reject);
    });
  const poll = async () => {
    const began = Date.now();
    try {
      if (tell(await get())) return;
    } catch (error) {
      say('failed', `${error.message} ${Date.now() - began}`);
    }
    setTimeout(poll, HOUR);
  };
  poll();
}

main();
