// Asks by one generated client, and prints one cell of the table: tsx try.mts CLIENT PORT MODE
import fs from 'node:fs';

const [client, port, mode] = process.argv.slice(2);
const base = `http://127.0.0.1:${port}/${mode}`;
const id = mode === 'path' ? 'A/1 b?c#d%e' : 'ORDER-1';
const contract = { ...JSON.parse(fs.readFileSync('contract.json', 'utf8')), servers: [{ url: base }] };
const load = async (module: string): Promise<any> => import(module);
const loadDefault = async (module: string): Promise<any> => {
  const loaded = (await load(module)).default;
  return loaded.default ?? loaded;
};

const clients: Record<string, () => Promise<[number, any]>> = {
  'og-typescript-fetch': async () => {
    const { TrackingApi, Configuration } = await load('./og-typescript-fetch/index.ts');
    return [200, await new TrackingApi(new Configuration({ basePath: base })).getTracking({ id })];
  },
  'og-typescript-axios': async () => {
    const { TrackingApi, Configuration } = await load('./og-typescript-axios/index.ts');
    const answer = await new TrackingApi(new Configuration({ basePath: base })).getTracking(id);
    return [answer.status, answer.data];
  },
  'hey-api': async () => {
    const { getTracking } = await load('./hey/index.ts');
    const answer = await getTracking({ baseUrl: base, path: { id } });
    if (!answer.response) throw answer.error;
    return [answer.response.status, answer.data ?? answer.error];
  },
  orval: async () => {
    // Its base URL is written into the code, so that the address is changed beneath it.
    const real = globalThis.fetch;
    globalThis.fetch = (url, options) => real(String(url).replace(/^(https:\/\/[^/]+)?/, base), options);
    const answer = await (await load('./orval/api.ts')).getTracking(id);
    return [answer.status, answer.data];
  },
  oazapfts: async () => {
    const api = await load('./oazapfts.ts');
    api.defaults.baseUrl = base;
    const answer = await api.getTracking(id);
    return [answer.status, answer.data];
  },
  'swagger-typescript-api': async () => {
    const { Api } = await load('./sta/api.ts');
    const answer = await new Api({ baseUrl: base }).tracking.getTracking(id);
    return [answer.status, answer.data];
  },
  'openapi-typescript-codegen': async () => {
    const { OpenAPI, TrackingService } = await load('./otc/index.ts');
    OpenAPI.BASE = base;
    return [200, await TrackingService.getTracking(id)];
  },
  'openapi-fetch': async () => {
    const answer = await (await loadDefault('openapi-fetch'))({ baseUrl: base }).GET('/tracking/{id}', { params: { path: { id } } });
    return [answer.response.status, answer.data ?? answer.error];
  },
  'swagger-client': async () => {
    const api = await new (await loadDefault('swagger-client'))({ spec: contract });
    const answer = await api.apis.Tracking.getTracking({ id });
    return [answer.status, answer.body];
  },
  'openapi-client-axios': async () => {
    const api = await new (await loadDefault('openapi-client-axios'))({ definition: contract }).init();
    const answer = await api.getTracking(id);
    return [answer.status, answer.data];
  },
};

const start = Date.now();
try {
  const [status, data] = await clients[client]();
  if (mode === 'path') console.log(data.slug === 'tracking/A%2F1%20b%3Fc%23d%25e' ? 'yes' : 'no');
  else if (mode.endsWith('field')) console.log(JSON.stringify(data).includes('3 kg') ? 'kept' : 'dropped');
  else console.log(`${status}, ${data === null || data === undefined ? 'no data' : typeof data === 'string' ? 'text' : 'data'}`);
} catch (error: any) {
  const kept = error?.status ?? error?.response?.status;
  const name = error?.name ?? error?.constructor?.name;
  console.log(mode === 'hang' ? `after ${Math.round((Date.now() - start) / 1000)} s` : `raises ${name}${kept ? `, ${kept}` : ''}`);
}
process.exit(0);
