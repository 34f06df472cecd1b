"""Requests of people who log in, one at a time and from many addresses of this machine."""

import http.client
import json
import os
import threading
import time
import urllib.request
from urllib.parse import urlsplit

PASSWORD = "correct horse battery"


class Caller:
    """A connection that stays, from one address of this machine."""

    def __init__(self, url: str, address: str = "127.0.0.1"):
        place = urlsplit(url)
        self.connection = http.client.HTTPConnection(
            place.hostname, place.port, timeout=60, source_address=(address, 0))

    def send(self, method: str, path: str, body: dict | None = None, token: str | None = None) -> tuple[int, float, dict]:
        """Status, seconds and headers of an answer."""
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        text = json.dumps(body) if body else None
        start = time.perf_counter()
        self.connection.request(method, path, text, headers)
        answer = self.connection.getresponse()
        answer.read()
        return answer.status, time.perf_counter() - start, dict(answer.headers)


class Crowd:
    """People who do the same again and again, until they are told to stop."""

    def __init__(self, count: int):
        self.statuses: dict[int, int] = {}
        self.lock = threading.Lock()
        self.is_over = threading.Event()
        self.threads = [threading.Thread(target=self.live, args=(number,), daemon=True) for number in range(count)]

    def act(self, number: int):
        """What one of them does: yields status, headers and a pause, for ever."""
        raise NotImplementedError

    def live(self, number: int) -> None:
        """One of them, elsewhere in truth: what their own machines do must not take time from the server's."""
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        for status, headers, pause in self.act(number):
            with self.lock:
                self.statuses[status] = self.statuses.get(status, 0) + 1
            if self.is_over.wait(pause + float(headers.get("Retry-After", 0))):
                return

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        for thread in self.threads:
            thread.join(60)


def call(url: str, path: str, body: dict, token: str | None = None, timeout: float = 20) -> dict:
    """Sends JSON and returns JSON; fails unless it is done."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(url + path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=timeout) as response:
        return json.load(response)


def onboard(url: str, operator_token: str, slug: str) -> str:
    """Makes a tenant; an access token of its first person."""
    admin = {"email": f"admin@{slug}.example", "name": "Admin", "password": PASSWORD}
    call(url, "/v1/operator/tenants", {"slug": slug, "name": slug, "is_test": True, "admin": admin}, operator_token)
    login = {"email": admin["email"], "password": PASSWORD, "tenant": slug}
    return call(url, "/v1/auth/login", login)["access_token"]
