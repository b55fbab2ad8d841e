"""Try a real JupyterHub on this machine: some students run a chapter at the same time, and the outputs are compared.

`python3 tasks.py hub` starts a hub on the loopback address, at ports that nobody knows and that nobody can log in to:
its authenticator refuses everyone, and the students come with tokens made for this run. Each does through the hub's
own interface what a browser would: starts a server, opens a fresh copy of the notebook, starts a kernel, runs every
cell over the websocket. What is printed has to be what the book says. At the end nothing of it is left running.
"""

import argparse
import asyncio
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import uuid
from pathlib import Path

import nbformat
import psutil
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

import capacity
from notebook_checks import CHAPTERS, MACHINE_TAG, code_cells, tags

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / "_build" / "hub-venv"
MARK = "TRANSPOSE_CONV_TRIAL"  # in the environment of all that the trial starts, by which it is found again
PATIENCE = 600  # seconds for a server to start, and for a cell to run
GREEDY = "over-memory"
EVERY = 0.5  # seconds between two looks at the memory


def main(argv=None):
    """Run the trial; the exit status is 1 if a student saw anything else than the book says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--students", type=int, default=10, metavar="N")
    parser.add_argument("--chapter", default="01", metavar="NN")
    parser.add_argument("--over-memory", action="store_true", help="one student more, who takes more than the limit")
    parser.add_argument(
        "--environment", type=Path, default=ENVIRONMENT, help="where course/hub/requirements-hub.txt is"
    )
    arguments = parser.parse_args(argv)
    (path,) = CHAPTERS.glob(f"{arguments.chapter}*.ipynb")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that what was started is ended
    names = [f"student-{number:02d}" for number in range(1, arguments.students + 1)]
    with tempfile.TemporaryDirectory(prefix="hub-trial-") as folder, Hub(Path(folder), arguments.environment) as hub:
        hand_out(hub, [*names, GREEDY], path)
        with Accounts(hub) as accounts:
            reports, greedy = asyncio.run(lesson(hub, names, path, arguments.over_memory))
    return report(path, reports, accounts, greedy)


def report(path, reports, accounts, greedy):
    """Print what each student saw and what all took; return whether something was wrong."""
    print(f"{'student':<12}{'server':>9}{'all cells':>11}{'MB':>7}{'of it server':>14}  outputs")
    for name, one in sorted(reports.items()):
        wrong = f"{len(one['mismatches'])} differ: {one['mismatches'][:3]}" if one["mismatches"] else "as in the book"
        memory = f"{accounts.of_student(name):>7.0f}{accounts.of_server(name):>14.0f}"
        print(f"{name:<12}{one['server']:>7.0f} s{one['cells']:>9.0f} s{memory}  {wrong}")
    if greedy:
        print(f"A student over the limit of {accounts.limit / 2**20:.0f} MB: {greedy}")
    servers = max(accounts.of_server(name) for name in reports)
    too_large = servers > capacity.SERVER_MB
    if too_large:
        print(f"A server took {servers:.0f} MB, more than the {capacity.SERVER_MB} of tools/capacity.py")
    mismatches = sum(len(one["mismatches"]) for one in reports.values())
    slowest = max(one["server"] + one["cells"] for one in reports.values())
    print(
        f"{len(reports)} students ran {path.stem} at the same time on {os.cpu_count()} cores: {mismatches} of "
        f"{sum(one['compared'] for one in reports.values())} compared cells differ; the last was done after {slowest:.0f} s; "
        f"all together took {accounts.peak / 2**20:.0f} MB and {accounts.processor_seconds:.0f} processor seconds."
    )
    return bool(mismatches or too_large)


# The hub


class Hub:
    """A JupyterHub in a folder of its own, for as long as the block lasts."""

    def __init__(self, folder, environment):
        self.folder, self.bin = folder, environment / "bin"
        self.token, self.proxy_token, self.mark = (secrets.token_hex(32) for _ in range(3))
        self.ports = free_ports(3)
        self.url = f"http://127.0.0.1:{self.ports[0]}"
        self.processes = []

    def __enter__(self):
        if os.name == "nt":
            sys.exit("JupyterHub does not run on Windows: try it on Linux, on macOS or in WSL")
        if not (self.bin / "jupyterhub").exists():
            sys.exit("there is no JupyterHub: `python3 tasks.py hub` installs it")
        self.write_kernel()
        config = self.folder / "jupyterhub_config.py"
        config.write_text(configuration(self), encoding="utf-8")
        self.log = (self.folder / "log").open("wb")
        try:
            # Started here and not by the hub, which gives it ten seconds: on a busy machine too few.
            proxy = ["--ip", "127.0.0.1", "--port", self.ports[0], "--api-ip", "127.0.0.1", "--api-port", self.ports[2]]
            self.start(
                "configurable-http-proxy", *proxy, "--error-target", f"http://127.0.0.1:{self.ports[1]}/hub/error"
            )
            self.wait(self.listens, "proxy")
            self.start("jupyterhub", "-f", config)
            self.wait(self.answers, "hub")
        except BaseException:
            self.__exit__()
            raise
        return self

    def start(self, program, *words):
        """Start a program of the hub's environment in the trial's folder, with its mark."""
        path = f"{self.bin}{os.pathsep}{os.environ['PATH']}"
        process = subprocess.Popen(
            [self.bin / program, *map(str, words)],
            cwd=self.folder,
            env={**os.environ, MARK: self.mark, "PATH": path, "CONFIGPROXY_AUTH_TOKEN": self.proxy_token},
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,
        )
        self.processes.append(process)

    def write_kernel(self):
        """Let notebooks run in the book's environment, whatever the hub's servers run in."""
        folder = self.folder / "jupyter" / "kernels" / "python3"
        folder.mkdir(parents=True)
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        spec = {"argv": argv, "display_name": "Python 3", "language": "python"}
        (folder / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")

    def wait(self, there, what):
        """Return when what was started last is there."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and self.processes[-1].poll() is None:
            if there():
                return
            time.sleep(0.2)
        sys.exit(f"the {what} did not start:\n{self.last_words()}")

    def listens(self):
        """Say whether the proxy can be told where to lead."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.ports[2])) == 0

    def answers(self):
        """Say whether the hub answers, through the proxy."""
        try:
            with urllib.request.urlopen(f"{self.url}/hub/api/", timeout=5):
                return True
        except OSError:
            return False

    def last_words(self):
        """Return the end of the hub's log."""
        return "\n".join((self.folder / "log").read_text(encoding="utf-8", errors="replace").splitlines()[-20:])

    def __exit__(self, *error):
        """End the hub, which ends its servers; and then, by force, whatever of them is left."""
        for process in reversed(self.processes):
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        end_all(self.mark)
        self.log.close()


def configuration(hub):
    """Write the hub's own configuration: loopback only, and no way in but with the tokens of this run."""
    _, hub_port, proxy_port = hub.ports
    student = {**capacity.STUDENT, MARK: hub.mark, "JUPYTER_PATH": str(hub.folder / "jupyter")}
    settings = {
        "JupyterHub.bind_url": hub.url,
        "JupyterHub.hub_ip": "127.0.0.1",
        "JupyterHub.hub_port": hub_port,
        "JupyterHub.authenticator_class": "null",  # nobody can log in
        "JupyterHub.spawner_class": "simple",  # a process on this machine, in a folder of its own
        "JupyterHub.db_url": f"sqlite:///{(hub.folder / 'hub.sqlite').as_posix()}",
        "JupyterHub.cookie_secret_file": str(hub.folder / "cookie_secret"),
        "JupyterHub.cleanup_servers": True,
        "JupyterHub.concurrent_spawn_limit": 0,  # all at once is what is tried
        "JupyterHub.services": [{"name": "trial", "api_token": hub.token}],
        "JupyterHub.load_roles": [
            {
                "name": "trial",
                "services": ["trial"],
                "scopes": ["admin:users", "admin:servers", "access:servers", "tokens"],
            }
        ],
        "ConfigurableHTTPProxy.api_url": f"http://127.0.0.1:{proxy_port}",
        "ConfigurableHTTPProxy.auth_token": hub.proxy_token,
        "ConfigurableHTTPProxy.should_start": False,
        "SimpleLocalProcessSpawner.home_dir_template": str(hub.folder / "homes" / "{username}"),
        "Spawner.cmd": [str(hub.bin / "jupyterhub-singleuser")],
        "Spawner.args": ["--allow-root"] if hasattr(os, "getuid") and os.getuid() == 0 else [],
        "Spawner.environment": student,
        "Spawner.ip": "127.0.0.1",
        "Spawner.http_timeout": PATIENCE,
        "Spawner.start_timeout": PATIENCE,
    }
    return "\n".join(f"c.{name} = {value!r}" for name, value in settings.items()) + "\n"


def free_ports(number):
    """Return ports of the loopback address that nobody listens to, each another."""
    sockets = [socket.socket() for _ in range(number)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def marked(mark):
    """Return every process of this machine that carries a trial's mark in its environment."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == mark:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def end_all(mark):
    """Kill what carries the mark, until nothing does."""
    while processes := marked(mark):
        for process in processes:
            try:
                process.kill()
            except psutil.Error:
                continue
        psutil.wait_procs(processes, timeout=5)


def hand_out(hub, names, path):
    """Put a fresh copy of the notebook into each student's folder."""
    for name in names:
        home = hub.folder / "homes" / name
        home.mkdir(parents=True)
        shutil.copyfile(path, home / path.name)


# The students


async def lesson(hub, names, path, over_memory):
    """Let all students work at once; return what each saw, and what the greedy one did, if there is one."""
    AsyncHTTPClient.configure(None, max_clients=4 * len(names) + 16)
    for name in [*names, GREEDY]:
        await call(hub, "POST", f"/hub/api/users/{name}")
    works = [run_chapter(hub, name, path) for name in names]
    if over_memory:
        works.append(take_too_much(hub, path))
    done = await asyncio.gather(*works)
    return dict(zip(names, done)), done[len(names)] if over_memory else None


async def run_chapter(hub, name, path):
    """Do what a student does; return the seconds of each step and the cells that printed something else."""
    started = time.monotonic()
    token = await start_server(hub, name)
    ready = time.monotonic()
    answer = await call(hub, "GET", f"/user/{name}/api/contents/{path.name}", token=token)
    notebook = nbformat.from_dict(answer["content"])
    mismatches, compared = [], 0
    async with Kernel(hub, name, token, path) as kernel:
        for cell in code_cells(notebook):
            fresh = await kernel.execute(cell.source)
            if MACHINE_TAG not in tags(cell):
                compared += 1
                if printed(fresh) != printed(cell.outputs):
                    mismatches.append(cell.id)
    return {
        "server": ready - started,
        "cells": time.monotonic() - ready,
        "mismatches": mismatches,
        "compared": compared,
    }


async def take_too_much(hub, path):
    """Fill the memory until the kernel is killed, as a hub would, and say what the student sees then."""
    token = await start_server(hub, GREEDY)
    async with Kernel(hub, GREEDY, token, path) as kernel:
        await kernel.execute("import time; import numpy as np; mine = []")
        await kernel.send("while True: mine.append(np.ones(2**22)); time.sleep(0.05)")
        seen = await kernel.until_restarted()
        again = await kernel.execute("print('mine' in globals())")
    file = await call(hub, "GET", f"/user/{GREEDY}/api/contents/{path.name}?content=0", token=token)
    return (
        f"the kernel's states were {', '.join(seen)}; after it the variables are "
        f"{'gone' if printed(again) == [('stdout', 'False' + chr(10))] else 'still there'}, "
        f"and the notebook is {'still there' if file['name'] == path.name else 'gone'}."
    )


async def start_server(hub, name):
    """Start a student's server and return a token of theirs when it is ready."""
    token = (await call(hub, "POST", f"/hub/api/users/{name}/tokens", {"note": "trial"}))["token"]
    await call(hub, "POST", f"/hub/api/users/{name}/server", token=token)
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        server = (await call(hub, "GET", f"/hub/api/users/{name}"))["servers"].get("")
        if server and server["ready"]:
            return token
        await asyncio.sleep(0.3)
    raise TimeoutError(f"the server of {name} did not start")


async def call(hub, method, path, body=None, token=None):
    """Ask the hub, or a student's server through it, and return the answer."""
    request = HTTPRequest(
        hub.url + path,
        method=method,
        headers={"Authorization": f"token {token or hub.token}", "Content-Type": "application/json"},
        body=json.dumps(body or {}) if method == "POST" else None,
        request_timeout=PATIENCE,
    )
    try:
        answer = await AsyncHTTPClient().fetch(request)
    except HTTPClientError as error:
        raise RuntimeError(f"{method} {path}: {error}\n{hub.last_words()}") from None
    return json.loads(answer.body) if answer.body else None


class Kernel:
    """A kernel of a student's server, over the websocket, as a browser has it."""

    def __init__(self, hub, name, token, path):
        self.hub, self.name, self.token, self.path = hub, name, token, path
        self.session = uuid.uuid4().hex

    async def __aenter__(self):
        body = {"path": self.path.name, "name": self.path.name, "type": "notebook", "kernel": {"name": "python3"}}
        session = await call(self.hub, "POST", f"/user/{self.name}/api/sessions", body, token=self.token)
        channels = f"/user/{self.name}/api/kernels/{session['kernel']['id']}/channels?session_id={self.session}"
        request = HTTPRequest(
            self.hub.url.replace("http:", "ws:") + channels,
            headers={"Authorization": f"token {self.token}"},
            connect_timeout=PATIENCE,
        )
        self.socket = await websocket_connect(request, max_message_size=2**28)
        return self

    async def __aexit__(self, *error):
        self.socket.close()

    async def send(self, code):
        """Ask for a cell to be run; return the request's id."""
        identity = uuid.uuid4().hex
        header = {"msg_id": identity, "msg_type": "execute_request", "username": self.name, "session": self.session}
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
        message = {"header": {**header, "version": "5.3"}, "parent_header": {}, "metadata": {}, "content": content}
        await self.socket.write_message(json.dumps({**message, "channel": "shell", "buffers": []}))
        return identity

    async def receive(self):
        """Return the next message."""
        text = await asyncio.wait_for(self.socket.read_message(), PATIENCE)
        if text is None:
            raise ConnectionError(f"the kernel of {self.name} has hung up")
        return json.loads(text)

    async def execute(self, code):
        """Run a cell to its end and return its outputs."""
        identity, outputs, replied, idle = await self.send(code), [], False, False
        while not (replied and idle):
            message = await self.receive()
            if message["parent_header"].get("msg_id") != identity:
                continue
            replied = replied or message["msg_type"] == "execute_reply"
            idle = idle or message["content"].get("execution_state") == "idle"
            if message["msg_type"] in ("stream", "display_data", "execute_result", "error"):
                outputs.append(nbformat.v4.output_from_msg(nbformat.from_dict(message)))
        return outputs

    async def until_restarted(self):
        """Wait for the kernel to be killed and replaced; return the states that were announced, each once."""
        seen = []
        while "restarting" not in seen:
            message = await self.receive()
            state = message["content"].get("execution_state")
            if state and state not in seen:
                seen.append(state)
        return seen


def printed(outputs):
    """What is compared of a cell's outputs, as nbval would: the texts, not the pictures; TensorFlow's notices aside.

    They are written to stderr when it is imported with oneDNN, as here and not in the book.
    """
    texts = []
    for output in outputs:
        if output.output_type == "stream":
            if output.name == "stdout" and texts and texts[-1][0] == "stdout":
                texts[-1] = ("stdout", texts[-1][1] + output.text)
            elif output.name == "stdout":
                texts.append(("stdout", output.text))
        elif output.output_type == "error":
            texts.append(("error", output.ename, output.evalue))
        else:
            texts.append(("data", output.data.get("text/plain", "")))
    return texts


# What they take


class Accounts(threading.Thread):
    """What the hub and all its students take, looked at for as long as the block lasts."""

    def __init__(self, hub):
        super().__init__(daemon=True)
        self.roots = [psutil.Process(process.pid) for process in hub.processes]
        self.ended = threading.Event()
        self.limit = capacity.needs(capacity.recorded())["memory_limit_mb"] * 2**20
        self.users, self.students, self.servers = {}, {}, {}
        self.peak, self.processor_seconds = 0, 0.0

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *error):
        self.ended.set()
        self.join()

    def run(self):
        """Keep the largest of many looks, and keep the greedy student to the limit."""
        while not self.ended.wait(EVERY):
            self.look()

    def look(self):
        """Add up everything, and for each student the server with the kernels under it."""
        memory, processor = capacity.account([process for root in self.roots for process in capacity.tree(root)])
        self.peak, self.processor_seconds = max(self.peak, memory), max(self.processor_seconds, processor)
        for server in capacity.children(self.roots[-1]):  # the hub's
            name = self.user(server)
            if name:
                processes = capacity.tree(server)
                total, alone = capacity.account(processes)[0], capacity.account([server])[0]
                self.students[name] = max(self.students.get(name, 0), total)
                self.servers[name] = max(self.servers.get(name, 0), alone)
                if name == GREEDY and total > self.limit:
                    kill_largest(processes)

    def user(self, process):
        """Return whose server a process is, if it is one."""
        if process.pid not in self.users:
            try:
                self.users[process.pid] = process.environ().get("JUPYTERHUB_USER")
            except (psutil.Error, OSError):
                return None
        return self.users[process.pid]

    def of_student(self, name):
        """Return the most memory that a student's server and kernels had at once, in MB."""
        return self.students.get(name, 0) / 2**20

    def of_server(self, name):
        """Return the most memory that a student's server had without the kernels, in MB."""
        return self.servers.get(name, 0) / 2**20


def kill_largest(processes):
    """Do what the system does to a container over its limit: kill, without a word, the process that has most."""
    sizes = {}
    for process in processes:
        try:
            sizes[process] = process.memory_info().rss
        except psutil.Error:
            continue
    if sizes:
        max(sizes, key=sizes.get).kill()


if __name__ == "__main__":
    sys.exit(main())
