"""Looks at a plugin's frame, a help centre and a sign-in with a real browser. Called by deploy/browser."""

import json
import os
import shutil
import signal
import socket
import sys
import tempfile
import urllib.parse
from contextlib import ExitStack
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent.parent
sys.path.insert(0, str(FOLDER.parent / "bench.d"))

from processes import Server, progress  # noqa: E402

from expect import PASSWORD, call, same  # noqa: E402
from provider import Provider  # noqa: E402
from sign_in import check_sign_in  # noqa: E402
from webdriver import Browser  # noqa: E402

HOST = "help.acme.example"
HOSTILE = "<script>window.hit = 1</script><img src=x onerror=\"window.hit = 2\">\"'&lt;"


def free_port() -> int:
    """A port to come back to from a provider, so it must be known beforehand."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def start(folder: Path, cleanup: ExitStack) -> dict:
    """A platform with the plugins and one whose frame misbehaves; what it says when it is ready."""
    plugins = folder / "plugins"
    plugins.mkdir()
    for name, source in [("Conversations", "Plugins"), ("Knowledge", "Plugins"), ("Panel", "Tests/Plugins")]:
        ignored = shutil.ignore_patterns("Sources", "Tests")
        shutil.copytree(ROOT / source / name, plugins / name, ignore=ignored)
    for path in [folder, *folder.rglob("*")]:
        # PostgreSQL runs as another user when this runs as root.
        path.chmod(0o755)
    server = Server(
        [str(ROOT / ".build/debug/romashka"), "up", "--port", str(free_port()), "--data-dir",
         str(folder / "data"), "--json", "--allow-insecure-oidc"],
        folder, "romashka", {"ROMASHKA_PLUGINS": str(plugins)}, ROOT)
    cleanup.callback(server.stop)
    server.wait_until(lambda: server.output.read_bytes().endswith(b"\n"))
    return json.loads(server.output.read_text())


def onboard(ready: dict) -> tuple[str, str]:
    """A tenant with a host and a hostile article; the token of its admin, and the article's id."""
    url, login = ready["url"], {"email": "ada@acme.example", "password": PASSWORD, "tenant": "acme"}
    admin = {"email": login["email"], "name": "Ada", "password": login["password"]}
    tenant = call(
        url, "POST", "/v1/operator/tenants", {"slug": "acme", "name": "Acme", "admin": admin}, ready["operator_token"])
    call(url, "POST", f"/v1/operator/tenants/{tenant['id']}/hosts", {"host": HOST}, ready["operator_token"])
    token = call(url, "POST", "/v1/auth/login", login)["access_token"]
    article = {"title": HOSTILE, "body": f"{HOSTILE}\n\nparcel", "status": "published"}
    return token, call(url, "POST", "/v1/knowledge/items", article, token)["id"]


def check_frame(browser: Browser, url: str, token: str) -> None:
    """A frame runs its own script, and what the script tries is blocked."""
    slots = call(url, "GET", "/v1/ui/slots", token=token)["data"]
    browser.open(url + next(slot["frame"] for slot in slots if slot["title"] == "Panel"))
    browser.wait("return document.body.dataset.fetch", "the script's request")
    found = browser.run("return {...document.body.dataset}")
    same("the frame's script", found.get("script"), "ran")
    same("the frame's origin", found.get("origin"), "null")
    same("an inline script in the frame", found.get("inline"), None)
    same("eval in the frame", found.get("eval"), "refused")
    same("a cookie in the frame", found.get("cookie"), "refused")
    same("a connection from the frame", found.get("fetch"), "refused")
    blocked = browser.wait(
        "return (document.body.dataset.blocked ?? '').includes('connect-src') && document.body.dataset.blocked",
        "the report of a violation")
    for directive in ("connect-src", "script-src-elem"):
        same(f"a violation of {directive}", directive in blocked, True)


def check_article(browser: Browser, page: str) -> None:
    """An article's markup is shown as text, and the page lets nothing run or connect."""
    browser.open(page)
    same("the article's title", browser.run("return document.title"), HOSTILE)
    same("the article's heading", browser.run("return document.querySelector('h1').textContent"), HOSTILE)
    same("the article's text", browser.run("return document.querySelector('main p').textContent"), HOSTILE)
    same("scripts in the page", browser.run("return document.scripts.length"), 0)
    same("images in the page", browser.run("return document.images.length"), 0)
    same("the page's own style", browser.run("return getComputedStyle(document.body).maxWidth !== 'none'"), True)
    same("cookies", browser.run("return document.cookie"), "")
    # Even if some markup came through, this policy would stop it.
    browser.run("""
        window.blocked = [];
        document.addEventListener('securitypolicyviolation', (event) => blocked.push(event.effectiveDirective));
        const script = document.createElement('script');
        script.textContent = 'window.hit = 3';
        document.body.append(script);
        const image = document.createElement('img');
        image.setAttribute('onerror', 'window.hit = 4');
        image.src = '/x';
        document.body.append(image);
        const link = document.createElement('a');
        link.href = 'javascript:window.hit = 5';
        document.body.append(link);
        link.click();
        fetch('/v1/me').catch(() => { window.refused = true });
    """)
    browser.wait("return window.refused && blocked.includes('connect-src')", "the refusal of a connection")
    blocked = browser.wait("return blocked.length >= 4 && blocked", "the report of violations")
    for directive in ("script-src-elem", "img-src", "connect-src"):
        same(f"a violation of {directive}", directive in blocked, True)
    same("what ran", browser.run("return window.hit ?? null"), None)


def check_search(browser: Browser, start: str) -> None:
    """People find an article by the form of the page."""
    browser.open(start)
    same("the list", browser.run("return document.querySelector('main li').textContent"), HOSTILE)
    browser.run("""
        document.querySelector('input[name=q]').value = 'parcel';
        document.querySelector('form').requestSubmit();
    """)
    browser.wait("return location.search === '?q=parcel' && document.readyState === 'complete'", "the search")
    same("what was found", browser.run("return document.querySelector('main li').textContent"), HOSTILE)
    browser.run("document.querySelector('main li a').click()")
    browser.wait("return location.pathname.includes('/help/items/') && document.querySelector('h1')", "the article")
    same("the article found", browser.run("return document.title"), HOSTILE)


def main() -> None:
    """All of it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))
    os.umask(0o022)
    with ExitStack() as cleanup:
        folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="romashka-browser-")))
        progress("starting Romashka with a frame and a help centre")
        ready = start(folder, cleanup)
        token, article = onboard(ready)
        home = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="romashka-chromium-")))
        browser = Browser(home, [HOST])
        cleanup.callback(browser.close)
        url = ready["url"]
        progress("opening a frame")
        check_frame(browser, url, token)
        own = f"http://{HOST}:{urllib.parse.urlsplit(url).port}"
        for name, root in [("by path", f"{url}/public/acme"), ("by host", own)]:
            progress(f"opening the help centre {name}")
            check_article(browser, f"{root}/help/items/{article}")
            check_search(browser, f"{root}/help")
        progress("signing in through a provider")
        provider = Provider(home)
        cleanup.callback(provider.stop)
        check_sign_in(browser, url, token, provider, f"{own}/help")
        progress("people see what they should")


if __name__ == "__main__":
    main()
