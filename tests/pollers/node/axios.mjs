// axios with its own time-out.
import axios from 'axios';
import { HEADERS, HOUR, URL_, say, tell } from './kit.mjs';

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
for (;;) {
  const began = Date.now();
  try {
    if (tell((await axios.get(URL_, { headers: HEADERS, timeout: 7_000 })).data.tag)) break;
  } catch (error) {
    say('failed', `${error.code} ${Date.now() - began}`);
  }
  await wait(HOUR);
}
