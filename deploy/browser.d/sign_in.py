"""Where a sign-in through a provider ends: whom the page hands the session to, and whom not."""

import base64
import hashlib
import hmac
import json
import struct
import time
import urllib.request

from expect import PASSWORD, call, same
from provider import CLIENT, SECRET, Provider
from webdriver import Browser

LISTEN = "window.told = null; addEventListener('message', (event) => { window.told = {...event.data, from: event.origin} });"


def one_time_code(secret: str) -> str:
    """The code of an authenticator app (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start:start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


class SignIn:
    """A tenant's provider, which its admin is linked to."""

    def __init__(self, browser: Browser, url: str, token: str, provider: Provider):
        self.browser, self.url, self.token, self.provider = browser, url, token, provider
        provider.subject = "ada at her provider"
        made = call(url, "POST", "/v1/auth/oidc/connections", {
            "name": "Company login", "issuer": provider.issuer, "client_id": CLIENT, "client_secret": SECRET,
            "provisioning": "refuse"}, token)
        self.path = f"/v1/auth/oidc/{made['id']}"

    def link(self) -> None:
        """Links the admin, as a page of the tenant's does, in this browser."""
        headers = {"Authorization": f"Bearer {self.token}"}
        request = urllib.request.Request(f"{self.url}{self.path}/link", headers=headers, method="POST")
        with urllib.request.urlopen(request, timeout=20) as answer:
            cookie = answer.headers["Set-Cookie"].split(";")[0].split("=", 1)
            location = json.load(answer)["url"]
        self.browser.open(f"{self.url}/docs")
        self.browser.set_cookie(*cookie)
        self.browser.open(location)
        same("the page after linking", self.heading(), "You are linked with your provider")

    def heading(self) -> str:
        """What the page says."""
        return self.browser.wait("return document.querySelector('h1')?.textContent", "a heading")

    def opens(self, outcome: dict) -> None:
        """Fails unless an outcome's token is the admin's."""
        same("the outcome", outcome["outcome"], "logged_in")
        them, her = (
            call(self.url, "GET", "/v1/me", token=token)
            for token in (outcome["session"]["access_token"], self.token))
        same("who is signed in", them["profile_id"], her["profile_id"])

    def by_storage(self) -> None:
        """A page that goes there itself comes back, and finds the session in its tab."""
        self.browser.open(f"{self.url}/docs")
        self.browser.run("sessionStorage.setItem('romashka.sign_in.return', '/docs?back')")
        self.browser.open(f"{self.url}{self.path}/start")
        self.browser.wait("return location.pathname + location.search === '/docs?back'", "the way back")
        self.opens(json.loads(self.browser.run("return sessionStorage.getItem('romashka.sign_in')")))
        same("the way back, afterwards", self.browser.run("return sessionStorage.getItem('romashka.sign_in.return')"), None)
        # Nor does it go to another site, whatever was left there.
        self.browser.run("sessionStorage.setItem('romashka.sign_in.return', 'https://evil.example/')")
        self.browser.run("sessionStorage.removeItem('romashka.sign_in')")
        self.browser.open(f"{self.url}{self.path}/start")
        self.browser.wait("return document.getElementById('note')?.textContent.startsWith('No page waits')", "the note")
        same("the session, with nobody to take it", self.browser.run("return sessionStorage.length"), 0)
        same("the address", self.browser.run("return location.search + location.hash"), "")
        same("the page's own copy", self.browser.run("return document.querySelector('[data-outcome]')"), None)

    def by_message(self, codes: list[str]) -> None:
        """A page that opened it is told, after the second factor that the account has."""
        self.browser.open(f"{self.url}/docs")
        self.browser.run(LISTEN)
        with self.browser.opened(f"{self.url}{self.path}/start"):
            same("the page", self.heading(), "One more step")
            self.give("000000")
            self.browser.wait("return document.getElementById('note').textContent", "the refusal")
            same("the form, after a wrong code", self.browser.run("return document.forms.length"), 1)
            self.give(codes[0])
        told = self.browser.wait("return window.told", "the message")
        same("its sender", told["from"], self.url)
        self.opens(told)

    def give(self, code: str) -> None:
        """Types a code and sends the form."""
        self.browser.run(f"document.forms[0].elements.code.value = '{code}'; document.forms[0].requestSubmit();")

    def foreign(self, page: str, codes: list[str]) -> None:
        """A page of another origin that opened it is told nothing."""
        self.browser.open(page)
        self.browser.run(LISTEN)
        with self.browser.opened(f"{self.url}{self.path}/start"):
            same("the page", self.heading(), "One more step")
            self.give(codes[1])
            self.browser.wait("return document.getElementById('note').textContent.startsWith('No page waits')", "the note")
        same("what a foreign page is told", self.browser.run("return window.told"), None)

    def add_factor(self) -> list[str]:
        """Gives the admin a second factor; the recovery codes."""
        prepared = call(self.url, "POST", "/v1/me/second-factor", {"password": PASSWORD}, self.token)
        confirmed = call(
            self.url, "POST", "/v1/me/second-factor/confirm", {"code": one_time_code(prepared["secret"])}, self.token)
        return confirmed["recovery_codes"]


def check_sign_in(browser: Browser, url: str, token: str, provider: Provider, foreign: str) -> None:
    """All of it."""
    sign_in = SignIn(browser, url, token, provider)
    sign_in.link()
    sign_in.by_storage()
    codes = sign_in.add_factor()
    sign_in.by_message(codes)
    sign_in.foreign(foreign, codes)
