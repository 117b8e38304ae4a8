"""Asks one URL by one client, COUNT times over one session, and prints what came: client.py NAME URL COUNT [off]."""

import asyncio
import importlib
import sys


def get_urllib(url):
    from urllib.request import urlopen

    with urlopen(url) as response:
        return response.status, response.read()


def pair(response):
    return response.status_code, response.content


def build(name, off):
    """Return a function that asks a URL once, over one session."""
    if name == "urllib.request":
        return lambda url: get_urllib(url)
    if name in ("requests", "niquests"):
        session = importlib.import_module(name).Session()
        return lambda url: pair(session.get(url))
    if name == "curl-cffi":
        from curl_cffi import requests

        session = requests.Session()
        return lambda url: pair(session.get(url))
    if name == "requests, HTTPAdapter(max_retries=3)":
        import requests

        session = requests.Session()
        session.mount("http://", requests.adapters.HTTPAdapter(max_retries=0 if off else 3))
        return lambda url: pair(session.get(url))
    if name == "urllib3":
        import urllib3

        pool = urllib3.PoolManager()
        options = {"retries": False} if off else {}

        def ask(url):
            response = pool.request("GET", url, **options)
            return response.status, response.data

        return ask
    if name in ("httpx", "httpx2"):
        client = importlib.import_module(name).Client()
        return lambda url: pair(client.get(url))
    if name == "httpx-retries":
        import httpx
        import httpx_retries

        retry = httpx_retries.Retry(total=0) if off else httpx_retries.Retry()
        client = httpx.Client(transport=httpx_retries.RetryTransport(retry=retry))
        return lambda url: pair(client.get(url))
    if name == "httplib2":
        import httplib2

        http = httplib2.Http()

        def ask(url):
            response, body = http.request(url)
            return response.status, body

        return ask
    if name == "pycurl":
        import pycurl

        curl = pycurl.Curl()

        def ask(url):
            curl.setopt(pycurl.URL, url)
            body = curl.perform_rb()
            return curl.getinfo(pycurl.RESPONSE_CODE), body

        return ask
    if name == "geventhttpclient":
        from geventhttpclient import useragent

        agent = useragent.UserAgent()

        def ask(url):
            response = agent.urlopen(url)
            return response.status_code, bytes(response.content)

        return ask
    if name == "tls-client":
        import tls_client

        session = tls_client.Session()
        return lambda url: pair(session.get(url))
    if name in ("primp", "impit"):
        module = importlib.import_module(name)
        client = module.Client()
        return lambda url: pair(client.get(url))
    raise LookupError(name)


async def ask_async(name, url, count, tell, off):
    if name in ("aiohttp", "aiohttp-retry"):
        import aiohttp

        if name == "aiohttp":
            session = aiohttp.ClientSession()
        else:
            import aiohttp_retry

            session = aiohttp_retry.RetryClient()
        async with session:
            for _ in range(count):
                async with session.get(url) as response:
                    tell(response.status, await response.read())
    elif name == "aiosonic":
        import aiosonic

        async with aiosonic.HTTPClient() as client:
            for _ in range(count):
                response = await client.get(url)
                tell(response.status_code, await response.content())
    elif name == "tornado":
        from tornado.httpclient import AsyncHTTPClient

        client = AsyncHTTPClient()
        for _ in range(count):
            response = await client.fetch(url)
            tell(response.code, response.body)
    elif name == "pyreqwest":
        from pyreqwest.client import ClientBuilder

        async with ClientBuilder().build() as client:
            for _ in range(count):
                response = await client.get(url).build().send()
                tell(response.status, bytes(await response.bytes()))
    elif name == "pyqwest":
        import pyqwest

        client = pyqwest.Client()
        for _ in range(count):
            response = await client.get(url)
            tell(response.status, bytes(response.content))
    else:
        return False
    return True


def main():
    name, url, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    off = len(sys.argv) > 4

    def tell(status, body):
        print(f"{status} {len(body)} bytes", flush=True)

    try:
        if not asyncio.run(ask_async(name, url, count, tell, off)):
            ask = build(name, off)
            for _ in range(count):
                tell(*ask(url))
    except Exception as error:
        print(f"raises {type(error).__name__}", flush=True)


main()
