"""A hold over HTTP, from one member's click to the board's quorum."""

import json
import re

from django.test import Client

from config.cycle import settle
from governance.models import ChangeRequest, LedgerEntry
from tests.database import Demo
from tests.journeys.test_the_loop import signed_in, verified

WHY = "Residents told us about double stops; we look into it first."


def digest_on(page: str) -> str:
    found = re.search(r'name="seen_digest" value="([0-9a-f]{64})"', page)
    assert found
    return found.group(1)


def agree(member: Client, address: str) -> None:
    vote = {
        "verdict": "approve",
        "rationale": WHY,
        "seen_digest": digest_on(member.get(address).content.decode()),
    }
    assert member.post(f"{address}decide", vote).status_code == 302


def test_a_plan_is_stopped_by_one_and_goes_on_when_the_quorum_lifts_it(demo: Demo) -> None:
    ben, chloe, nora, ana = (signed_in(demo, who) for who in ("ben", "chloe", "nora", "ana"))
    found = re.search(r'href="(/plans/(\d+)/)"', ben.get("/inbox/").content.decode())
    assert found
    plan, number = found.groups()
    agree(ben, plan)

    form = {"what": f"plan:{number}", "rationale": WHY, "seen": "0", "jurisdiction": "rivermark"}
    assert ben.post("/holds/place", form).status_code == 403
    placed = chloe.post("/holds/place", form)
    assert placed.status_code == 302
    hold = placed.headers["Location"]
    settle()
    assert ben.get(f"{plan}briefing.pdf").status_code == 404
    assert "On hold." in ben.get(plan).content.decode()
    assert ChangeRequest.objects.get(pk=number).state == "approved"
    stranger = Client().get("/public/rivermark/holds/").content.decode()
    assert "one plan" in stranger
    assert WHY not in stranger

    asked = ana.post(f"{hold}lift", {"rationale": WHY})
    assert asked.status_code == 302
    request = asked.headers["Location"]
    assert request in chloe.get("/inbox/").content.decode()
    agree(chloe, request)
    settle()
    assert ben.get(f"{plan}briefing.pdf").status_code == 404
    agree(nora, request)
    settle()
    assert ben.get(f"{plan}briefing.pdf").content.startswith(b"%PDF-")
    assert "Nothing is on hold" in chloe.get("/holds/").content.decode()

    stands, _ = verified()
    assert stands
    said = [json.loads(bytes(each.leaf)) for each in LedgerEntry.objects.filter(action__startswith="hold.")]
    assert [each["action"] for each in said] == ["hold.placed", "hold.lift_requested", "hold.lifted"]
    assert said[0]["subject"] == said[2]["subject"] == said[1]["detail"]["hold"]
