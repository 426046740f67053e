"""The pages and the API of the policy, over HTTP."""

import hashlib
import re
from datetime import timedelta
from typing import Any

import pytest
import rfc8785
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from governance import clock
from governance.core.policy import read_terms, write_terms
from governance.core.policy_form import terms_as_text
from governance.models import ChangeRequest, LedgerEntry, Policy, PolicyDraft, PublicComment, User, Vote
from governance.permissions import CONFIRM_AFTER, SIGNED_IN_AT
from governance.policy_making import newest_version
from governance.services.advance_clock import advance_clock
from governance.tasks import adopt_policies
from tests.apps.governance.board import build_board_city
from tests.asking import queries_of
from tests.cast import PASSWORD, City, build_city

WHY = "Eight places can be visited with care; twelve could not."
COMMENT = "Eight is still too many for one night."
ANSWER = "Two crews can visit eight places; the audit looked at eight."


@pytest.fixture
def listening(db: None) -> City:
    """Return a city whose policy keeps drafts open to comment for five days; no comment came lately."""
    cache.clear()
    return build_city(policy={"comment_days": 5})


@pytest.fixture
def boarded(db: None) -> City:
    """Return the city with a third member on the board: one may write a draft, and two are left to decide."""
    return build_board_city()


def form(city: City, **changed: str) -> dict[str, str]:
    """Return the form as it is sent: every term of the newest policy, and what was changed."""
    newest = newest_version(city.jurisdiction)
    day = clock.local(clock.now(city.jurisdiction) + timedelta(days=12), city.jurisdiction)
    sent = terms_as_text(write_terms(read_terms(newest.terms)))
    more = {"based_on": str(newest.version), "in_force_from": f"{day:%Y-%m-%d}", "reason": WHY, "do": "open"}
    return sent | more | {"max_places": "8"} | changed


def text(answer: Any) -> str:
    content: str = answer.content.decode()
    return content


def long_ago(client: Client) -> None:
    """Let the sign-in of this session be older than a decision allows."""
    session = client.session
    session[SIGNED_IN_AT] -= CONFIRM_AFTER
    session.save()


def as_person(client: Client, who: User | None) -> Client:
    client.logout()
    if who is not None:
        client.force_login(who)
    return client


def propose(client: Client, city: City, **changed: str) -> ChangeRequest:
    as_person(client, city.ana).post(reverse("policy-propose"), form(city, **changed))
    return ChangeRequest.objects.latest("id")


def comment(client: Client, city: City, request: ChangeRequest, said: str = COMMENT) -> Any:
    address = reverse("portal-comment", args=[city.jurisdiction.slug, request.pk])
    return as_person(client, None).post(address, {"comment": said})


def vote(client: Client, who: User, request: ChangeRequest, **changed: str) -> Any:
    ballot = {"verdict": "approve", "rationale": WHY, "seen_digest": request.digest} | changed
    return as_person(client, who).post(reverse("policy-decide", args=[request.pk]), ballot)


def later(city: City, **step: float) -> None:
    moment = clock.now(city.jurisdiction) + timedelta(**step)
    advance_clock(jurisdiction=city.jurisdiction, to=moment, by=city.scheduler)
    city.jurisdiction.refresh_from_db()


# --- the whole way -----------------------------------------------------------------------------------------------


def test_a_policy_from_the_first_draft_to_the_day_it_governs(client: Client, listening: City) -> None:
    slug = listening.jurisdiction.slug
    request = propose(client, listening)
    public = reverse("portal-policy", args=[slug])
    page = text(as_person(client, None).get(public))
    assert "Places in a plan: at most 12 → at most 8" in page
    assert WHY in page

    assert comment(client, listening, request).status_code == 302
    assert COMMENT in text(client.get(public))

    early = vote(client, listening.chloe, request)
    assert early.status_code == 409
    assert "Everybody may comment until" in text(early)
    later(listening, days=6)
    waiting = vote(client, listening.chloe, request)
    assert waiting.status_code == 409
    assert "1 comment waits for an answer" in text(waiting)

    mine = PublicComment.objects.get()
    sent = {"comment": [mine.pk], "answer": ANSWER}
    as_person(client, listening.ana).post(reverse("policy-answer", args=[request.pk]), sent)
    assert ANSWER in text(as_person(client, None).get(public))

    for who in (listening.chloe, listening.nora):
        assert vote(client, who, request).status_code == 302
    assert adopt_policies() == 1
    later(listening, days=12)
    page = text(as_person(client, None).get(public))
    assert "Policy 2 is in force" in page
    assert "Chloe Board approved" in page
    assert COMMENT in page
    assert "Policy 2 is in force" in text(as_person(client, listening.chloe).get(reverse("policy")))


# --- proposing ---------------------------------------------------------------------------------------------------


def test_the_difference_is_shown_before_anything_is_kept(client: Client, city: City) -> None:
    before = LedgerEntry.objects.count()
    answer = as_person(client, city.ana).post(reverse("policy-propose"), form(city, do="preview"))
    assert "at most 12" in text(answer)
    assert "at most 8" in text(answer)
    assert not PolicyDraft.objects.exists()
    assert LedgerEntry.objects.count() == before


def test_the_form_says_what_will_be_published(client: Client, listening: City) -> None:
    page = text(as_person(client, listening.ana).get(reverse("policy-propose")))
    assert "public at once" in page
    assert "everybody may comment for 5 days" in page
    assert "cannot vote on it" in page


@pytest.mark.parametrize(
    ("changed", "status", "said"),
    [
        ({"max_places": "eight"}, 422, "Places in a plan"),
        ({"max_places": "800"}, 422, "must lie between 1 and 60"),
        ({"max_places": "12"}, 409, "nothing to decide"),
        ({"in_force_from": "soon"}, 422, "Write the first day"),
        ({"in_force_from": "2020-01-01"}, 409, "cannot begin in the past"),
        ({"reason": "Because."}, 422, "at least 20 characters"),
        ({"based_on": "0"}, 409, "It is void"),
        ({"based_on": "²"}, 409, "It is void"),
    ],
)
def test_a_form_that_cannot_be_comes_back_with_what_was_typed(
    client: Client, city: City, changed: dict[str, str], status: int, said: str
) -> None:
    answer = as_person(client, city.ana).post(reverse("policy-propose"), form(city, **changed))
    assert answer.status_code == status
    assert said in text(answer)
    assert changed.get("reason", WHY) in text(answer)
    assert not ChangeRequest.objects.exists()


@pytest.mark.parametrize("who", ["ben", "dev", "eve"])
def test_who_may_not_propose_is_told_so(client: Client, city: City, who: str) -> None:
    answer = as_person(client, getattr(city, who)).post(reverse("policy-propose"), form(city))
    assert answer.status_code == 403
    assert not ChangeRequest.objects.exists()


def test_an_edit_is_a_new_revision_and_a_stale_one_is_refused(client: Client, city: City) -> None:
    request = propose(client, city)
    address = reverse("policy-edit", args=[request.pk])
    seen = {"seen_digest": request.digest}
    client.post(address, form(city, max_places="9") | seen)
    request.refresh_from_db()
    assert request.revision == 2
    assert client.post(address, form(city, max_places="10") | seen).status_code == 409


# --- the decision ------------------------------------------------------------------------------------------------


def test_the_decision_page_shows_exactly_what_is_decided(client: Client, city: City) -> None:
    request = propose(client, city)
    page = text(as_person(client, city.chloe).get(reverse("policy-request", args=[request.pk])))
    for part in (
        request.digest,
        "2 approvals by different people",
        "Approve this revision",
        WHY,
        "What happens next",
    ):
        assert part in page
    assert reverse("policy-request", args=[request.pk]) in text(client.get(reverse("inbox")))


@pytest.mark.parametrize(
    ("who", "changed", "status"),
    [
        ("ana", {}, 403),
        ("ben", {}, 403),
        ("dev", {}, 403),
        ("eve", {}, 403),
        ("chloe", {"rationale": "Fine."}, 422),
        ("chloe", {"seen_digest": "f" * 64}, 409),
        ("chloe", {"verdict": "perhaps"}, 404),
    ],
)
def test_a_vote_that_may_not_count_is_refused_on_the_page(
    client: Client, city: City, who: str, changed: dict[str, str], status: int
) -> None:
    request = propose(client, city)
    assert vote(client, getattr(city, who), request, **changed).status_code == status
    assert not Vote.objects.exists()


def test_whoever_wrote_it_is_told_that_somebody_else_decides(client: Client, boarded: City) -> None:
    city = boarded
    as_person(client, city.nora).post(reverse("policy-propose"), form(city))
    request = ChangeRequest.objects.get()
    page = text(client.get(reverse("policy-request", args=[request.pk])))
    assert "somebody else has to decide" in page
    assert "Approve this revision" not in page
    assert vote(client, city.nora, request).status_code == 403


def test_a_draft_that_too_few_could_decide_comes_back_with_what_was_typed(client: Client, city: City) -> None:
    answer = as_person(client, city.nora).post(reverse("policy-propose"), form(city))
    assert (answer.status_code, WHY in text(answer)) == (409, True)
    assert "1 may vote in it who did not propose this" in text(answer)
    assert not ChangeRequest.objects.exists()


@pytest.mark.parametrize("name", ["policy-decide", "policy-answer", "policy-edit"])
def test_a_decision_after_five_minutes_asks_for_the_password(client: Client, city: City, name: str) -> None:
    request, before = propose(client, city), LedgerEntry.objects.count()
    as_person(client, city.chloe if name == "policy-decide" else city.ana)
    long_ago(client)
    ballot = {"verdict": "approve", "rationale": WHY, "seen_digest": request.digest}
    asked = client.post(reverse(name, args=[request.pk]), form(city, max_places="7") | ballot)
    assert (asked.status_code, "Your password, please" in text(asked)) == (403, True)
    assert LedgerEntry.objects.count() == before


def test_looking_at_the_difference_asks_for_no_password_and_opening_does(client: Client, city: City) -> None:
    as_person(client, city.ana)
    long_ago(client)
    address = reverse("policy-propose")
    assert client.post(address, form(city, do="preview")).status_code == 200
    assert "Your password, please" in text(client.post(address, form(city)))
    assert not ChangeRequest.objects.exists()
    assert client.post(address, form(city, password_again=PASSWORD)).status_code == 302
    assert ChangeRequest.objects.count() == 1


def test_an_author_takes_her_draft_back_on_its_page_and_the_public_reads_so(
    client: Client, city: City
) -> None:
    request = propose(client, city)
    page = text(as_person(client, city.ana).get(reverse("policy-request", args=[request.pk])))
    assert "Withdraw this request" in page
    sent = {"deed": "withdrawal", "rationale": WHY, "seen_digest": request.digest}
    assert client.post(reverse("policy-decide", args=[request.pk]), sent).status_code == 302
    request.refresh_from_db()
    assert request.state == "withdrawn"
    public = text(as_person(client, None).get(reverse("portal-policy", args=[city.jurisdiction.slug])))
    assert "withdrawn" in public
    assert "withdrew it" in public


def test_a_draft_that_another_one_overtook_says_that_it_is_void(client: Client, city: City) -> None:
    first, second = propose(client, city), propose(client, city, max_places="9")
    for who in (city.chloe, city.nora):
        vote(client, who, first)
    adopt_policies()
    page = text(as_person(client, city.chloe).get(reverse("policy-request", args=[second.pk])))
    assert "<b>Void.</b>" in page


def test_a_request_of_another_kind_has_no_page_here(client: Client, city: City) -> None:
    request = propose(client, city)
    ChangeRequest.objects.filter(pk=request.pk).update(kind="plan")
    assert as_person(client, city.chloe).get(reverse("policy-request", args=[request.pk])).status_code == 404


# --- comments ----------------------------------------------------------------------------------------------------


def test_the_public_form_says_what_happens_with_the_text(client: Client, listening: City) -> None:
    propose(client, listening)
    page = text(as_person(client, None).get(reverse("portal-policy", args=["rivermark"])))
    assert "published on this page at once, for good" in page
    assert "never deleted for what it says" in page
    assert 'aria-label="Main"' in page, "the portal's own navigation stands above it"


@pytest.mark.parametrize(("said", "status"), [("No.", 422), ("x" * 2_001, 422), ("", 422)])
def test_a_comment_that_is_refused_is_kept_in_the_form(
    client: Client, listening: City, said: str, status: int
) -> None:
    answer = comment(client, listening, propose(client, listening), said)
    assert answer.status_code == status
    assert "Not taken." in text(answer)
    assert said in text(answer)
    assert not PublicComment.objects.exists()


def test_what_a_comment_says_is_never_markup(client: Client, listening: City) -> None:
    comment(client, listening, propose(client, listening), "<script>alert('a policy')</script>")
    page = text(client.get(reverse("portal-policy", args=["rivermark"])))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_one_address_sends_so_many_comments_and_no_more(
    client: Client, listening: City, settings: Any
) -> None:
    settings.COMMENT_RATE = "2/hour"
    request = propose(client, listening)
    statuses = [
        comment(client, listening, request, f"This is comment number {n}.").status_code for n in range(3)
    ]
    assert statuses == [302, 302, 429]
    assert PublicComment.objects.count() == 2


@pytest.mark.parametrize(
    ("address", "counts_as_one"),
    [
        ("2001:db8:0:1::{}", True),
        ("2001:db8:0:{}::1", False),
        ("::ffff:10.0.0.{}", False),
        ("10.0.0.{}", False),
    ],
)
def test_whoever_has_a_network_of_addresses_sends_no_more(
    client: Client, listening: City, settings: Any, address: str, *, counts_as_one: bool
) -> None:
    settings.COMMENT_RATE = "2/hour"
    where = reverse("portal-comment", args=["rivermark", propose(client, listening).pk])
    sent = [
        client.post(where, {"comment": COMMENT}, REMOTE_ADDR=address.format(number)).status_code
        for number in (1, 2, 3)
    ]
    assert sent == [302, 302, 429 if counts_as_one else 302]


def test_a_comment_on_another_citys_draft_is_not_found(client: Client, listening: City) -> None:
    request = propose(client, listening)
    build_city(slug="elsewhere")
    address = reverse("portal-comment", args=["elsewhere", request.pk])
    assert client.post(address, {"comment": COMMENT}).status_code == 404
    assert client.get(reverse("portal-policy", args=["nowhere"])).status_code == 404


def test_no_vote_is_public_before_the_decision(client: Client, city: City) -> None:
    request = propose(client, city)
    secret = "A reason that nobody outside reads before the decision."
    vote(client, city.chloe, request, rationale=secret)
    address = reverse("portal-policy", args=["rivermark"])
    assert secret not in text(as_person(client, None).get(address))
    vote(client, city.nora, request)
    assert secret in text(as_person(client, None).get(address))


def test_an_answer_needs_a_comment_and_the_right_to_give_it(client: Client, listening: City) -> None:
    request = propose(client, listening)
    comment(client, listening, request)
    address = reverse("policy-answer", args=[request.pk])
    row = PublicComment.objects.get()
    sent = {"comment": [row.pk], "answer": ANSWER}
    assert as_person(client, listening.dev).post(address, sent).status_code == 403
    assert as_person(client, listening.ana).post(address, {"answer": ANSWER}).status_code == 404
    assert "Not done." in text(client.post(address, {"comment": [row.pk], "answer": "No."}))


# --- reading -----------------------------------------------------------------------------------------------------


def adopt(client: Client, city: City, **changed: str) -> None:
    request = propose(client, city, **changed)
    for who in (city.chloe, city.nora):
        vote(client, who, request)
    adopt_policies()


def test_two_versions_are_compared_in_words(client: Client, city: City) -> None:
    adopt(client, city)
    page = text(as_person(client, city.dev).get(reverse("policy"), {"from": "1", "to": "2"}))
    between = re.search(r'id="between".*?</section>', page, re.DOTALL)
    assert between
    assert "at most 12" in between.group()
    assert "at most 8" in between.group()
    assert client.get(reverse("policy"), {"from": "x", "to": "99"}).status_code == 200


def test_every_term_stands_on_the_page_and_says_when_it_binds_people_alone(
    client: Client, city: City
) -> None:
    page = text(as_person(client, city.ben).get(reverse("policy")))
    for part in (
        "Prohibited features",
        "Incidents a plan must be expected to cover",
        "Public comment before",
    ):
        assert part in page
    assert page.count("binds people, not code") == 3


def test_without_a_role_there_is_no_policy_to_read(client: Client, city: City) -> None:
    assert as_person(client, city.eve).get(reverse("policy")).status_code == 403
    assert as_person(client, None).get(reverse("policy")).status_code == 302


def test_pages_hold_no_inline_script_or_style(client: Client, listening: City) -> None:
    request = propose(client, listening)
    comment(client, listening, request)
    as_person(client, listening.ana)
    for address in (
        reverse("policy"),
        reverse("policy-propose"),
        reverse("policy-request", args=[request.pk]),
        reverse("policy-edit", args=[request.pk]),
        reverse("portal-policy", args=["rivermark"]),
    ):
        page = text(client.get(address))
        assert page.count("<h1") == 1
        assert " style=" not in page
        assert "<script>" not in page
        ids = re.findall(r'\sid="([^"]+)"', page)
        assert len(ids) == len(set(ids)), address


def test_the_api_gives_versions_drafts_and_comments_to_everybody(client: Client, listening: City) -> None:
    request = propose(client, listening)
    comment(client, listening, request)
    as_person(client, None)
    (version,) = client.get(reverse("api-policies")).json()["results"]
    assert version["version"] == 1
    assert version["digest"] == Policy.objects.get().digest
    (draft,) = client.get(reverse("api-policy-drafts"), {"jurisdiction": "rivermark"}).json()["results"]
    assert hashlib.sha256(rfc8785.dumps(draft["body"])).hexdigest() == draft["digest"] == request.digest
    assert draft["differences"] == ["Places in a plan: at most 12 → at most 8"]
    (said,) = client.get(reverse("api-comments")).json()["results"]
    assert said["text"] == COMMENT
    assert said["answer"] is None
    leaf = LedgerEntry.objects.get(pk=said["ledger_index"]).leaf
    salted = hashlib.sha256(bytes.fromhex(said["salt"]) + COMMENT.encode()).hexdigest()
    assert salted.encode() in bytes(leaf)


def test_more_comments_cost_no_more_queries(client: Client, listening: City) -> None:
    request = propose(client, listening)
    comment(client, listening, request)
    address = reverse("portal-policy", args=["rivermark"])
    before = queries_of(client, None, address)
    for n in range(3):
        comment(client, listening, request, f"This is one more comment, number {n}.")
    assert queries_of(client, None, address) <= before
