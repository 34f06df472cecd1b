"""Who calls in the name of schemathesis, and which refusals of valid requests are right."""

import atexit
import itertools
import json
import os
import re
import threading
import urllib.error
import urllib.request

import schemathesis

SITE = json.loads(os.environ["CONTRACT_SITE"])
#: Problems of which no schema can speak: of what is stored, and of how many bytes a body takes.
BEYOND_SCHEMAS = {
    "reference_missing", "body_too_large", "role_unknown", "permission_unknown", "scope_unknown", "time_passed",
    "code_refused", "limit_unknown", "settings_invalid", "confirmation_differs", "value_refused", "issuer_refused",
    "digest_differs", "zone_unknown", "host_refused",
}
UNKNOWN = "01999999-9999-7999-8999-999999999999"


class Member:
    """A tenant's admin, who logs in again when a test has ended the login."""

    def __init__(self, login: dict):
        self.login = login
        self.lock = threading.Lock()
        self.current = None

    def token(self) -> str:
        with self.lock:
            if self.current is None:
                request = urllib.request.Request(
                    SITE["url"] + "/v1/auth/login", json.dumps(self.login).encode(),
                    {"Content-Type": "application/json"})
                try:
                    with urllib.request.urlopen(request, timeout=20) as response:
                        self.current = json.load(response)["access_token"]
                except urllib.error.HTTPError as error:
                    # Wrong passwords have locked it out, as they should.
                    if error.code != 429:
                        raise
                    return "none"
            return self.current

    def forget(self, token: str) -> None:
        with self.lock:
            if self.current == token:
                self.current = None


class Customer:
    """A customer of the first member's tenant: another one when the token has ended, or has sent too much."""

    def __init__(self, member: Member):
        self.member = member
        self.lock = threading.Lock()
        self.current = None

    def token(self) -> str:
        with self.lock:
            if self.current is None:
                customer = self.post("/v1/customers", {"name": "Noah"})
                self.current = self.post(f"/v1/customers/{customer['id']}/tokens", {})["access_token"]
            return self.current

    def post(self, path: str, body: dict) -> dict:
        request = urllib.request.Request(
            SITE["url"] + path, json.dumps(body).encode(),
            {"Content-Type": "application/json", "Authorization": f"Bearer {self.member.token()}"})
        with urllib.request.urlopen(request, timeout=20) as response:
            return json.load(response)

    def forget(self, token: str) -> None:
        with self.lock:
            if self.current == token:
                self.current = None


# The first does what can be done, the second tries to see it, the third has its modules switched on and off, the fourth
# gives wrong passwords and ends its logins.
first, second, third, fourth = (Member(login) for login in SITE["logins"])
customer = Customer(first)
OWN_ACCOUNT = ("/v1/me/password", "/v1/me/second-factor", "/v1/auth/logout")


def scheme(operation) -> str | None:
    """The security scheme of an operation; none when anybody may call."""
    requirements = operation.definition.raw.get("security") or [{}]
    return next(iter(requirements[0]), None)


@schemathesis.auth(refresh_interval=None)
class Bearer:
    """The token that the operation's security scheme asks for."""

    def get(self, case, context):
        match scheme(context.operation):
            case "session":
                if context.operation.path.startswith(OWN_ACCOUNT):
                    return fourth.token()
                return (third if "modules" in context.operation.tags else first).token()
            case "customer":
                return customer.token()
            case "operator":
                return SITE["operator_token"]

    def set(self, case, data, context):
        if data:
            case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def before_call(context, case, kwargs):
    """Spares what all other tests stand on, pages only where a page has led, and repeats nobody's key."""
    if case.method != "GET":
        for name, value in (case.path_parameters or {}).items():
            if value in SITE["protected"]:
                case.path_parameters[name] = UNKNOWN
            if value == "standard":
                # The plan of every tenant: its limits would refuse the other requests.
                case.path_parameters[name] = "other"
    is_positive = case.meta is not None and case.meta.generation.mode.is_positive
    if is_positive and "cursor" in (case.query or {}):
        cursor = cursors.get(case.operation.label)
        if cursor is None:
            del case.query["cursor"]
        else:
            case.query["cursor"] = cursor
    key = case.headers.get("Idempotency-Key")
    if isinstance(key, str) and KEY.fullmatch(key):
        # The same one again would be told what the first was answered, or be refused as another request.
        case.headers["Idempotency-Key"] = f"{key}-{next(numbers)}"[-255:]
    if is_positive and "If-Match" in case.headers:
        # Nobody can make up the version that something has; where none is known, what was made up is 412.
        case.headers["If-Match"] = tags.get(case.formatted_path, case.headers["If-Match"])


#: The keys that the document allows.
KEY = re.compile("[!-~]{1,255}")
numbers = itertools.count()
cursors: dict[str, str] = {}
tags: dict[str, str] = {}
answers: dict[str, set[int]] = {}


@schemathesis.hook
def after_call(context, case, response):
    """Notes what came, for the tests that follow and for the report."""
    answers.setdefault(case.operation.label, set()).add(response.status_code)
    sent = response.request.headers.get("Authorization", "").removeprefix("Bearer ")
    if response.status_code == 401:
        for member in (first, second, third, fourth, customer):
            member.forget(sent)
    if response.status_code == 429:
        # The next one may send as much again.
        customer.forget(sent)
    if case.operation.path.endswith("/pause") and response.status_code == 200:
        resume(response.request.url.removesuffix("/pause"))
    if tag := response.headers.get("etag"):
        tags[case.formatted_path] = tag[0]
    if response.status_code == 200 and b'"next_cursor":"' in response.content:
        cursors[case.operation.label] = response.json()["next_cursor"]


def resume(plugin: str) -> None:
    """Puts a plugin back into service, on which every other test stands."""
    request = urllib.request.Request(
        plugin + "/resume", headers={"Authorization": f"Bearer {SITE['operator_token']}"}, method="POST")
    urllib.request.urlopen(request, timeout=20).close()


@atexit.register
def write_answers() -> None:
    """Leaves the statuses of each operation to contract.py."""
    with open(SITE["answers"], "w") as file:
        json.dump({label: sorted(statuses) for label, statuses in answers.items()}, file)


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """A valid request may be refused because of what is stored, or of its length in bytes; too many of a customer's are
    refused whatever they hold."""
    if response.status_code == 429 and response.json().get("code") == "rate_limited":
        return scheme(case.operation) != "customer"
    if type(failure).__name__ == "EnsureResourceAvailability" and UNKNOWN in response.request.url:
        # What stands in the place of something that is spared was never made.
        return False
    if type(failure).__name__ != "RejectedPositiveData" or response.status_code not in (413, 422, 429):
        return True
    return response.json().get("code") not in BEYOND_SCHEMAS | {"too_many_attempts"}


@schemathesis.check
def other_tenant_sees_nothing(ctx, response, case):
    """What one tenant reads by its id is a missing thing for the other."""
    if case.method != "GET" or response.status_code != 200 or scheme(case.operation) != "session":
        return
    if not case.path_parameters:
        return
    # Without the cursor, which is refused to anybody but the tenant it was made for, whatever the rest says.
    url = re.sub(r"(?<=[?&])cursor=[^&]*&?", "", response.request.url)
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {second.token()}"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            raise AssertionError(f"another tenant's token reads {url}: {answer.status}")
    except urllib.error.HTTPError as error:
        assert error.code == 404, f"another tenant's token gets {error.code} for {url}"
