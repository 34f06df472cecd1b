"""Just enough of WebDriver (www.w3.org/TR/webdriver2) to open pages and look at them."""

import json
import re
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Refused(Exception):
    """What the browser would not do."""


class Browser:
    """Chromium without a window, with a profile of its own, that finds every given host on this machine."""

    def __init__(self, folder: Path, hosts: list[str]):
        self.log = folder / "chromedriver.log"
        with self.log.open("wb") as log:
            self.driver = subprocess.Popen(
                ["chromedriver", "--port=0"], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        self.session = None
        try:
            self.url = f"http://127.0.0.1:{self._port()}"
            arguments = [
                # Chromium's own sandbox needs rights that containers and root do not have.
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                "--disable-background-networking", "--disable-popup-blocking", f"--user-data-dir={folder / 'profile'}",
                "--host-resolver-rules=" + ", ".join(f"MAP {host} 127.0.0.1" for host in hosts),
            ]
            options = {"args": arguments}
            wanted = {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options}}
            self.session = self._send("POST", "/session", {"capabilities": wanted})["sessionId"]
        except BaseException:
            self.close()
            raise

    def _port(self) -> int:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            found = re.search(r"started successfully on port (\d+)", self.log.read_text(errors="replace"))
            if found:
                return int(found[1])
            if self.driver.poll() is not None:
                break
            time.sleep(0.05)
        raise Refused(f"chromedriver did not start: {self.log.read_text(errors='replace')[-2000:]}")

    def _send(self, method: str, path: str, body: dict | None = None) -> Any:
        data = None if method == "GET" else json.dumps(body or {}).encode()
        request = urllib.request.Request(
            self.url + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return json.load(response)["value"]
        except urllib.error.HTTPError as error:
            raise Refused(f"{method} {path}: {error.read().decode(errors='replace')[:2000]}") from None

    def open(self, url: str) -> None:
        """Goes to a page and waits until it is loaded."""
        self._send("POST", f"/session/{self.session}/url", {"url": url})

    def run(self, script: str) -> Any:
        """What a function body of JavaScript returns in the page, which the page's policy does not hinder."""
        return self._send("POST", f"/session/{self.session}/execute/sync", {"script": script, "args": []})

    def wait(self, script: str, what: str) -> Any:
        """What a script returns as soon as it is something."""
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            value = self.run(script)
            if value:
                return value
            time.sleep(0.05)
        raise Refused(f"{what} did not happen; the page is {self.run('return document.documentElement.outerHTML')}")

    def set_cookie(self, name: str, value: str) -> None:
        """Gives the site of the page a cookie."""
        self._send("POST", f"/session/{self.session}/cookie", {"cookie": {"name": name, "value": value, "path": "/"}})

    @contextmanager
    def opened(self, url: str):
        """Lets the page open a window, and looks at that one meanwhile."""
        page = self._send("GET", f"/session/{self.session}/window")
        self.run(f"window.open({json.dumps(url)})")
        handles = self._send("GET", f"/session/{self.session}/window/handles")
        window = next(handle for handle in handles if handle != page)
        self._send("POST", f"/session/{self.session}/window", {"handle": window})
        yield
        self._send("POST", f"/session/{self.session}/window", {"handle": page})

    def close(self) -> None:
        """Ends the browser and its driver."""
        try:
            if self.session is not None:
                self._send("DELETE", f"/session/{self.session}")
        except (OSError, Refused):
            pass
        self.driver.terminate()
        try:
            self.driver.wait(10)
        except subprocess.TimeoutExpired:
            self.driver.kill()
            self.driver.wait()
