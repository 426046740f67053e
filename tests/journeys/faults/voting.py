"""Supervisors who vote over HTTP, and who write down every vote that was acknowledged to them."""

import http.client
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.cast import PASSWORD

PAUSE = threading.Event()
MOMENT = 0.1
SECONDS = 30  # for one answer
WHY = "Matches what residents reported in the last two weeks."
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
UNSURE = (OSError, http.client.HTTPException)  # whether the deed was done is not known


@dataclass
class Supervisor:
    """One person at a browser: her session, and her list of acknowledged votes (request -> entry)."""

    port: int
    email: str
    pseudonym: str
    acknowledged: dict[int, int] = field(default_factory=dict)
    unsure: int = 0  # how often no answer came, or only that of a broken server
    found_done: int = 0  # ... of which the deed turned out to have been done
    _cookies: dict[str, str] = field(default_factory=dict)

    def vote(self, request: int, digest: str) -> None:
        """Vote until it is known that the vote counts, and note the number of its entry."""
        if "sessionid" not in self._cookies:
            self._persist(self._sign_in)
        self._persist(lambda: self._vote(request, digest))

    def _persist(self, deed: Callable[[], None]) -> None:
        """Try again after anything that tells nothing, as people do."""
        while True:
            try:
                deed()
            except UNSURE:
                self.unsure += 1
                PAUSE.wait(MOMENT)
            else:
                return

    def _vote(self, request: int, digest: str) -> None:
        """Send the vote; the request and her account are the key under which a second one is refused."""
        ballot = {"verdict": "approve", "rationale": WHY, "seen_digest": digest}
        status, said = self._ask("POST", f"/api/v1/change-requests/{request}/votes", json.dumps(ballot))
        if (
            status == http.HTTPStatus.CONFLICT
        ):  # one person counts once; or both have voted, and it is decided
            assert json.loads(said)["reason"] in {"already_voted", "not_open"}, said
            status, said = self._ask("GET", f"/api/v1/change-requests/{request}")
            self.found_done += 1
        votes = json.loads(said)["votes"]
        (self.acknowledged[request],) = [
            each["ledger_index"] for each in votes if each["who"] == self.pseudonym
        ]

    def _sign_in(self) -> None:
        _, page = self._ask("GET", "/sign-in/")
        found = TOKEN.search(page)
        assert found, page
        form = f"username={self.email}&password={PASSWORD}&csrfmiddlewaretoken={found.group(1)}"
        status, _ = self._ask("POST", "/sign-in/", form, "application/x-www-form-urlencoded")
        assert status == http.HTTPStatus.FOUND

    def _ask(self, method: str, path: str, body: str = "", kind: str = "application/json") -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        headers = {
            "Content-Type": kind,
            "Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items()),
            "X-CSRFToken": self._cookies.get("csrftoken", ""),
        }
        try:
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            said = answer.read().decode()
        finally:
            connection.close()
        if answer.status >= http.HTTPStatus.INTERNAL_SERVER_ERROR:
            raise http.client.HTTPException(said)
        for line in answer.headers.get_all("Set-Cookie", []):
            name, _, value = line.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer.status, said
