"""Answers GET /MODE/tracking/ID as the mode says; prints its port."""

import http.server
import json
import time

CHECKPOINT = {
    "checkpointTime": "2025-03-02T10:30:00.000Z",
    "city": None,
    "state": None,
    "countryRegion": "CN",
    "location": None,
    "message": "Departed",
    "tag": "InTransit",
    "subtag": "InTransit_001",
    "subtagMessage": "In transit",
    "slug": "yunexpress",
}
TRACKING = {
    "id": "f47ac10b-58cc-4372-a567-0e02b2c3d479",
    "trackingNumber": None,
    "tag": "InTransit",
    "subtag": "InTransit_001",
    "subtagMessage": "In transit",
    "slug": "yunexpress",
    "checkpoints": [CHECKPOINT],
}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        _, mode, rest = self.path.split("/", 2)
        if mode == "hang":
            time.sleep(600)
        status, media_type, body = {
            "path": (200, "application/json", TRACKING | {"slug": rest}),
            "field": (200, "application/json", TRACKING | {"weight": "3 kg"}),
            "checkpoint-field": (200, "application/json", TRACKING | {"checkpoints": [CHECKPOINT | {"weight": "3 kg"}]}),
            "html502": (502, "text/html", "<html>502 Bad Gateway</html>"),
            "html200": (200, "text/html", "<html>Please wait</html>"),
            "enum": (422, "application/json", {"error": "Label was refused", "errorCode": "X"}),
        }[mode]
        content = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
