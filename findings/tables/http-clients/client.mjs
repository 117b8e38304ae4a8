// Asks one URL by one client, COUNT times, and prints what came: node client.mjs NAME URL COUNT [off]
import http from 'node:http';
import fs from 'node:fs';

const [name, url, count, off] = process.argv.slice(2);
const load = async (module) => {
  const loaded = await import(module);
  return loaded.default ?? loaded;
};
const text = async (response) => [response.status, await response.text()];
const data = (response) => [response.status, response.data];
const agent = new http.Agent({ keepAlive: true });

const clients = {
  fetch: async () => text(await fetch(url)),
  'node:http': () =>
    new Promise((resolve, reject) => {
      http.get(url, { agent }, (response) => {
        let body = '';
        response.on('data', (part) => { body += part; });
        response.on('end', () => resolve([response.statusCode, body]));
        response.on('error', reject);
      }).on('error', reject);
    }),
  undici: async () => {
    const response = await (await import('undici')).request(url);
    return [response.statusCode, await response.body.text()];
  },
  axios: async () => data(await (await load('axios')).get(url, { responseType: 'text' })),
  got: async () => {
    const response = await (await load('got'))(url, off ? { retry: { limit: 0 } } : {});
    return [response.statusCode, response.body];
  },
  ky: async () => text(await (await load('ky'))(url, off ? { retry: 0 } : {})),
  ofetch: async () => {
    const options = { responseType: 'text', ...(off ? { retry: 0 } : {}) };
    const response = await (await import('ofetch')).ofetch.raw(url, options);
    return [response.status, response._data];
  },
  superagent: async () => {
    const response = await (await load('superagent')).get(url);
    return [response.status, response.text];
  },
  'node-fetch': async () => text(await (await load('node-fetch'))(url)),
  'make-fetch-happen': async () => text(await (await load('make-fetch-happen'))(url)),
  urllib: async () => data(await (await import('urllib')).request(url, { dataType: 'text', ...(off ? { socketErrorRetry: 0 } : {}) })),
  'typed-rest-client': async () => {
    const { HttpClient } = await load('typed-rest-client/HttpClient.js');
    const response = await new HttpClient('table').get(url);
    return [response.message.statusCode, await response.readBody()];
  },
  'axios-retry': async () => {
    const client = (await load('axios')).create({ responseType: 'text' });
    (await load('axios-retry'))(client, off ? { retries: 0 } : {});
    return data(await client.get(url));
  },
  'retry-axios': async () => {
    const client = (await load('axios')).create({ responseType: 'text', raxConfig: off ? { retry: 0, noResponseRetries: 0 } : {} });
    (await import('retry-axios')).attach(client);
    return data(await client.get(url));
  },
  'fetch-retry': async () => {
    const wrap = await load('fetch-retry');
    return text(await (wrap.default ?? wrap)(fetch)(url, off ? { retries: 0 } : {}));
  },
  gaxios: async () => data(await (await import('gaxios')).request({ url, responseType: 'text' })),
  'gaxios, retry: true': async () => data(await (await import('gaxios')).request({ url, responseType: 'text', retry: !off })),
  aws4fetch: async () => {
    const { AwsClient } = await import('aws4fetch');
    const keys = { accessKeyId: 'a', secretAccessKey: 'b', service: 's3', region: 'x' };
    return text(await new AwsClient(off ? { ...keys, retries: 0 } : keys).fetch(url));
  },
  '@azure/core-rest-pipeline': async () => {
    const azure = await import('@azure/core-rest-pipeline');
    const pipeline = azure.createPipelineFromOptions(off ? { retryOptions: { maxRetries: 0 } } : {});
    const request = azure.createPipelineRequest({ url, allowInsecureConnection: true });
    const response = await pipeline.sendRequest(azure.createDefaultHttpClient(), request);
    return [response.status, response.bodyAsText];
  },
  '@microsoft/kiota-http-fetchlibrary': async () => {
    const kiota = await import('@microsoft/kiota-http-fetchlibrary');
    const options = off ? { RetryHandlerOptionKey: new kiota.RetryHandlerOptions({ maxRetries: 0 }) } : {};
    return text(await kiota.KiotaClientFactory.create().executeFetch(url, { method: 'GET' }, options));
  },
  xior: async () => data(await (await load('xior')).create().get(url, { responseType: 'text' })),
  redaxios: async () => {
    const loaded = await load('redaxios');
    return data(await (loaded.default ?? loaded).get(url, { responseType: 'text' }));
  },
  feaxios: async () => data(await (await load('feaxios')).get(url, { responseType: 'text' })),
  'swagger-client': async () => {
    const response = await (await load('swagger-client')).http({ url });
    return [response.status, response.text];
  },
};

if (name === '--list') {
  const version = (client) => {
    const module = client.split(',')[0];
    const path = new URL(`node_modules/${module}/package.json`, import.meta.url);
    return fs.existsSync(path) ? JSON.parse(fs.readFileSync(path)).version : process.version.slice(1);
  };
  console.log(JSON.stringify(Object.keys(clients).map((client) => [client, version(client)])));
  process.exit(0);
}
try {
  for (let time = 0; time < Number(count); time += 1) {
    if (time) await new Promise((resolve) => setTimeout(resolve, 200)); // Until the connection is free again.
    const [status, body] = await clients[name]();
    console.log(`${status} ${typeof body === 'string' ? `${body.length} bytes` : 'no body'}`);
  }
} catch (error) {
  console.log(`raises ${error.name}`);
}
process.exit(0);
