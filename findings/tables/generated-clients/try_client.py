"""Asks by one generated client, and prints one cell of the table: try_client.py CLIENT PORT MODE."""

import sys
import time

client, port, mode = sys.argv[1:]
base = f"http://127.0.0.1:{port}/{mode}"
label = "A/1 b?c#d%e" if mode == "path" else "ORDER-1"


def by_openapi_generator():
    sys.path.insert(0, "og-python")
    import openapi_client

    api = openapi_client.TrackingApi(openapi_client.ApiClient(openapi_client.Configuration(host=base)))
    answer = api.get_tracking(label)
    return 200, answer.to_dict()


def by_openapi_python_client():
    import opc
    from opc.api.tracking import get_tracking

    answer = get_tracking.sync_detailed(label, client=opc.AuthenticatedClient(base_url=base, token="t"))
    return int(answer.status_code), answer.parsed and answer.parsed.to_dict()


start = time.monotonic()
try:
    status, data = by_openapi_generator() if client == "og-python" else by_openapi_python_client()
    if mode == "path":
        cell = "yes" if data["slug"] == "tracking/A%2F1%20b%3Fc%23d%25e" else "no"
    elif mode.endswith("field"):
        cell = "kept" if "3 kg" in str(data) else "dropped"
    else:
        cell = f"{status}, {'data' if data else 'no data'}"
except Exception as error:
    seconds = time.monotonic() - start
    kept = getattr(error, "status", None)
    cell = f"after {seconds:.0f} s" if mode == "hang" else f"raises {type(error).__name__}" + (f", {kept}" if kept else "")
print(cell)
