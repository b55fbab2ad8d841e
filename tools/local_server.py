"""Serves a folder at an address of this machine, while a block runs."""

import contextlib
import functools
import http.server
import threading


@contextlib.contextmanager
def serving(folder, handler):
    """Serve `folder` with a subclass of ``SimpleHTTPRequestHandler``, and give the address, without a slash at its end."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=str(folder)))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
