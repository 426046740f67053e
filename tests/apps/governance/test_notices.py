"""Being told: what waits, what expires, what was decided, holds, complaints, roles and the log's alarm."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from governance import clock, log_health
from governance.core.approval import Verdict
from governance.core.complaints import ComplaintKind
from governance.core.holds import Scope
from governance.core.notices import Occasion
from governance.core.refusals import Reason, Refused
from governance.core.roles import Role
from governance.models import Complaint, LedgerEntry, Notice, User
from governance.notices import KEPT, unread_count
from governance.selectors import public_account
from governance.services.advance_clock import advance_clock
from governance.services.cast_vote import cast_vote
from governance.services.choose_mail import choose_mail
from governance.services.file_complaint import file_complaint
from governance.services.grant_role import grant_role
from governance.services.open_change_request import open_change_request
from governance.services.read_notices import read_notices
from governance.services.recuse import recuse
from governance.services.retry_mail import retry_mail
from governance.services.take_complaint import take_complaint
from governance.services.tell_people import tell_people
from governance.services.withdraw_change_request import withdraw_change_request
from governance.tasks import apply_role_grants, expire_requests, forget_notices, tell_waiting
from governance.telling import tell_now
from tests.apps.governance.board import ask, build_board_city, person
from tests.apps.governance.board import vote as vote_on_role
from tests.apps.governance.test_delegation import lend
from tests.apps.governance.test_races import TWO, second_supervisor
from tests.apps.governance.test_stages import vote
from tests.apps.governance.test_voting import open_plan
from tests.cast import City, build_city
from tests.factories.board import WHY, add_member, hold, lift
from tests.factories.break_glass import break_glass
from tests.mail_server import mail_to

WORDS = "Patrols stood in front of the school every night of that week, and nobody was told why."


def told(occasion: Occasion) -> list[tuple[str, str]]:
    """Who was told of an occasion, with its subject."""
    rows = Notice.objects.filter(occasion=occasion).select_related("user").order_by("user__name", "id")
    return [(row.user.name.split()[0].lower(), row.subject) for row in rows]


def names(occasion: Occasion) -> list[str]:
    return [name for name, _ in told(occasion)]


def tell(city: City) -> int:
    return tell_people(jurisdiction=city.jurisdiction, by=city.scheduler)


# --- votes -----------------------------------------------------------------------------------------------------


def test_whoever_is_asked_for_a_vote_is_told_once_and_telling_leaves_no_entry(city: City) -> None:
    request, before = open_plan(city), LedgerEntry.objects.count()
    assert tell_waiting() == 0, "no e-mail: no mail server is set"
    assert tell_waiting() == 0
    assert told(Occasion.VOTE_WAITS) == [("ben", f"request {request.pk} {'a' * 16}")]
    notice = Notice.objects.get()
    assert (notice.kind, notice.number, notice.due_at) == ("plan", request.pk, request.expires_at)
    assert notice.mail == Notice.Mail.NONE
    assert LedgerEntry.objects.count() == before


def test_only_the_schedule_tells(city: City) -> None:
    open_plan(city)
    with pytest.raises(Refused) as refusal, transaction.atomic():
        tell_people(jurisdiction=city.jurisdiction, by=city.ana)
    assert refusal.value.reason is Reason.NOT_PERMITTED
    assert not Notice.objects.exists()


def test_what_expires_soon_is_told_again_in_the_last_quarter_of_its_time(city: City) -> None:
    request = open_plan(city)
    advance_clock(jurisdiction=city.jurisdiction, to=request.expires_at - timedelta(hours=2), by=city.ana)
    tell(city)
    assert names(Occasion.VOTE_EXPIRES) == []
    advance_clock(jurisdiction=city.jurisdiction, to=request.expires_at - timedelta(hours=1), by=city.ana)
    tell(city)
    assert names(Occasion.VOTE_EXPIRES) == ["ben"]


def test_a_new_revision_asks_anew_and_a_vote_ends_the_asking(city: City) -> None:
    request = open_plan(city)
    tell(city)
    request.digest = "c" * 64
    request.save()
    tell(city)
    first, second = Notice.objects.order_by("id")
    assert first.over_at is not None
    assert second.over_at is None
    assert unread_count(city.ben) == 1
    withdraw_change_request(change_request_id=request.pk, reason=WHY, by=city.scheduler)
    tell(city)
    assert unread_count(city.ben) == 0


def test_who_steps_back_is_asked_no_more(city: City) -> None:
    request = open_plan(city)
    tell(city)
    recuse(change_request_id=request.pk, reason=WHY, by=city.ben)
    tell(city)
    assert unread_count(city.ben) == 0


def test_who_acts_in_her_place_is_told_too(city: City) -> None:
    lend(city, city.ben, city.dev)
    open_plan(city)
    tell(city)
    assert names(Occasion.VOTE_WAITS) == ["ben", "dev"]


def test_what_waits_again_is_unread_again(city: City) -> None:
    open_plan(city)
    tell(city)
    Notice.objects.update(over_at=timezone.now())
    assert unread_count(city.ben) == 0
    tell(city)
    assert unread_count(city.ben) == 1


def test_a_break_glass_is_told_to_the_second_person_at_once_and_its_review_to_the_board(db: None) -> None:
    city = build_city(policy={"stages": TWO})
    una = second_supervisor(city)
    opened = break_glass(city, open_plan(city))
    assert told(Occasion.BREAK_GLASS) == [("nora", f"break-glass {opened.pk}")]
    notice = Notice.objects.get()
    assert (notice.number, notice.due_at, notice.by_duty) == (opened.change_request_id, opened.ends_at, True)
    tell(city)
    tell(city)
    assert names(Occasion.BREAK_GLASS) == ["nora"]
    assert names(Occasion.REVIEW_OPEN) == ["chloe", "nora"]
    review = Notice.objects.filter(occasion=Occasion.REVIEW_OPEN)
    assert {(row.by_duty, row.due_at) for row in review} == {(True, opened.review_due_at)}
    assert unread_count(una) == 1, "the plan itself waits for her vote"


def test_a_review_that_nobody_decides_is_told_again_when_it_is_due(db: None) -> None:
    city = build_city(policy={"stages": TWO})
    second_supervisor(city)
    opened = break_glass(city, open_plan(city))
    tell(city)
    assert names(Occasion.REVIEW_DUE) == []
    advance_clock(jurisdiction=city.jurisdiction, to=opened.review_due_at, by=city.ana)
    tell(city)
    assert names(Occasion.REVIEW_DUE) == ["chloe", "nora"]


def test_what_was_read_long_ago_is_forgotten_and_what_was_not_read_is_kept(city: City) -> None:
    open_plan(city)
    hold(city)
    tell(city)
    read_notices(by=city.ben)
    assert forget_notices() == 0
    Notice.objects.update(told_at=timezone.now() - KEPT - timedelta(hours=1))
    before = Notice.objects.count()
    assert forget_notices() == 2
    assert Notice.objects.count() == before - 2
    assert not Notice.objects.filter(user=city.ben).exists()


# --- decisions -------------------------------------------------------------------------------------------------


def propose(city: City, digest: str = "e" * 64) -> Any:
    """Let Ana herself propose, so that there is a person to be told of its end."""
    return open_change_request(
        kind="recipe",
        jurisdiction=city.jurisdiction,
        district=None,
        title="A recipe",
        digest=digest,
        rests_on=[],
        expires_at=clock.now(city.jurisdiction) + timedelta(hours=6),
        by=city.ana,
    )


def test_an_author_is_told_what_the_board_decided(city: City) -> None:
    request = propose(city)
    tell(city)
    cast_vote(**vote(request, city.chloe) | {"verdict": Verdict.RETURN})
    tell(city)
    assert told(Occasion.SETTLED) == [("ana", f"request {request.pk} {'e' * 16} returned")]
    assert Notice.objects.get(occasion=Occasion.SETTLED).outcome == "returned"


def test_what_was_approved_and_carried_out_within_the_minute_is_told_as_approved(city: City) -> None:
    request = propose(city)
    for who in (city.chloe, city.nora):
        cast_vote(**vote(request, who))
    request.refresh_from_db()
    assert request.state == "approved"
    request.state = "executed"
    request.save()
    tell(city)
    request.state = "approved"
    request.save()
    tell(city)
    assert [subject for _, subject in told(Occasion.SETTLED)] == [f"request {request.pk} {'e' * 16} approved"]


def test_an_author_is_told_that_it_expired(city: City) -> None:
    request = propose(city)
    advance_clock(jurisdiction=city.jurisdiction, to=request.expires_at, by=city.ana)
    expire_requests()
    tell(city)
    assert names(Occasion.SETTLED) == ["ana"]


def test_who_took_it_back_herself_is_not_told(city: City) -> None:
    request = propose(city)
    request.authors.add(city.bea)
    withdraw_change_request(change_request_id=request.pk, reason=WHY, by=city.ana)
    tell(city)
    assert names(Occasion.SETTLED) == ["bea"]


def test_what_was_decided_long_ago_is_no_news(city: City) -> None:
    request = propose(city)
    withdraw_change_request(change_request_id=request.pk, reason=WHY, by=city.ana)
    request.authors.add(city.bea)
    advance_clock(
        jurisdiction=city.jurisdiction, to=clock.now(city.jurisdiction) + timedelta(days=15), by=city.ana
    )
    tell(city)
    assert names(Occasion.SETTLED) == []


# --- holds -----------------------------------------------------------------------------------------------------


def test_a_hold_is_told_at_once_to_everybody_whose_work_it_stops_but_not_to_her_who_placed_it(
    city: City,
) -> None:
    placed = hold(city, Scope.DISTRICT, "central")
    assert names(Occasion.HOLD_PLACED) == ["ana", "bea", "ben", "nora"]
    assert {row.user.name for row in Notice.objects.filter(by_duty=True)} == {"Nora Chair"}
    tell(city)
    assert len(names(Occasion.HOLD_PLACED)) == 4, "the schedule tells nobody a second time"
    assert "central" not in str(list(Notice.objects.values())).lower()
    assert Notice.objects.first().number == placed.pk  # type: ignore[union-attr]


def test_a_hold_that_is_refused_tells_nobody(city: City) -> None:
    with pytest.raises(Refused), transaction.atomic():
        hold(city, Scope.DISTRICT, "nowhere")
    assert not Notice.objects.exists()


def test_a_hold_sent_twice_is_told_once(city: City) -> None:
    hold(city)
    hold(city)
    assert len(names(Occasion.HOLD_PLACED)) == len(set(names(Occasion.HOLD_PLACED))) == 4


def test_the_end_of_a_hold_is_told(city: City) -> None:
    lift(city, hold(city), add_member(city, "olga"))
    tell(city)
    assert names(Occasion.HOLD_LIFTED) == ["ana", "bea", "ben", "chloe", "nora", "olga"]


# --- break-glass -----------------------------------------------------------------------------------------------


def test_a_break_glass_is_told_at_once_to_somebody_else(city: City) -> None:
    request = open_plan(city)
    people = tell_now(
        Occasion.BREAK_GLASS,
        jurisdiction=city.jurisdiction,
        subject="break-glass 1",
        number=request.pk,
        kind="plan",
        due_at=clock.now(city.jurisdiction) + timedelta(hours=4),
        by=city.chloe,
    )
    assert people == [city.nora, city.dev]
    assert names(Occasion.BREAK_GLASS) == ["dev", "nora"]
    assert all(Notice.objects.values_list("by_duty", flat=True))


def test_what_is_told_inside_a_deed_that_fails_was_not_told(city: City) -> None:
    @transaction.atomic
    def deed() -> None:
        tell_now(Occasion.BREAK_GLASS, jurisdiction=city.jurisdiction, subject="x", number=1, by=city.chloe)
        assert Notice.objects.count() == 2
        raise ValueError("the deed fails")

    with pytest.raises(ValueError, match="the deed fails"):
        deed()
    assert not Notice.objects.exists()


# --- complaints, roles, the log --------------------------------------------------------------------------------


def complain(city: City) -> Complaint:
    filed = file_complaint(
        jurisdiction=city.jurisdiction,
        kind=ComplaintKind.OTHER,
        words=WORDS,
        contact="Rosa Resident, rosa@example.net",
        address="192.0.2.7",
        by=public_account(),
    )
    return filed.complaint


def test_a_complaint_is_told_to_those_who_may_answer_it_then_to_her_who_took_it(city: City) -> None:
    complaint = complain(city)
    tell(city)
    assert names(Occasion.COMPLAINT_WAITS) == ["chloe", "dev", "nora"]
    take_complaint(complaint_id=complaint.pk, by=city.dev)
    advance_clock(jurisdiction=city.jurisdiction, to=complaint.due_at - timedelta(hours=23), by=city.ana)
    tell(city)
    assert names(Occasion.COMPLAINT_DUE) == ["dev"]
    assert (unread_count(city.dev), unread_count(city.nora)) == (2, 0)


@pytest.mark.usefixtures("db")
def test_whoever_is_given_a_role_is_told_and_the_first_day_tells_nobody() -> None:
    city = build_board_city()
    tell(city)
    assert not Notice.objects.exists()
    grant_role(user=city.eve, role=Role.AUDITOR, jurisdiction=city.jurisdiction, by=person("amir"))
    tell(city)
    assert names(Occasion.ROLE_GRANTED) == ["eve"]


@pytest.mark.usefixtures("db")
def test_a_role_that_the_board_gave_is_told() -> None:
    city = build_board_city()
    asked = ask(city, city.eve)
    for name in ("chloe", "nora"):
        vote_on_role(asked, person(name))
    assert apply_role_grants() == 1
    tell(city)
    assert names(Occasion.ROLE_GRANTED) == ["eve"]
    assert Notice.objects.get(occasion=Occasion.ROLE_GRANTED).kind == "board_member"
    assert "amir" in names(Occasion.SETTLED), "who asked for it is told that it was approved"


@pytest.mark.usefixtures("db")
def test_the_alarm_of_the_log_is_told_once_a_day_while_it_lasts() -> None:
    city = build_board_city()
    log_health.report_problem(log_health.SIGNING, "The key is gone.")
    tell(city)
    log_health.report_problem(log_health.SIGNING, "The key is gone.")
    tell(city)
    assert names(Occasion.LOG_ALARM) == ["amir", "chloe", "dev", "nora", "olga"]


# --- pages and API ---------------------------------------------------------------------------------------------


def page(client: Client, who: User, name: str = "notices", *numbers: int) -> str:
    client.force_login(who)
    return client.get(reverse(name, args=numbers)).content.decode()


def test_the_page_shows_what_is_unread_first_and_then_that_there_is_nothing_new(
    client: Client, city: City
) -> None:
    assert "Nothing new" in page(client, city.ben)
    request = open_plan(city)
    tell(city)
    said = page(client, city.ben)
    assert "1 notice to read" in said
    assert f"Request {request.pk}, a deployment plan, waits for your vote until" in said
    assert 'Notices <span class="count">1<span class="sr"> unread</span></span>' in said
    assert "This server sends no e-mail" in said
    assert "1 notice" not in page(client, city.bea)


def test_opening_one_leads_to_what_it_is_about_and_reads_it(client: Client, city: City) -> None:
    request = open_plan(city)
    tell(city)
    notice = Notice.objects.get()
    client.force_login(city.ben)
    answer = client.get(reverse("notice", args=[notice.pk]))
    assert answer["Location"] == reverse("plan", args=[request.pk])
    assert unread_count(city.ben) == 0
    assert "Earlier" in page(client, city.ben)


def test_the_link_of_an_email_asks_for_a_sign_in_and_nobody_opens_anothers(
    client: Client, city: City
) -> None:
    open_plan(city)
    tell(city)
    link = reverse("notice", args=[Notice.objects.get().pk])
    assert client.get(link)["Location"] == f"{reverse('login')}?next={link}"
    client.force_login(city.bea)
    assert client.get(link).status_code == 404
    assert unread_count(city.ben) == 1


def test_every_occasion_leads_to_a_page(client: Client, city: City) -> None:
    for number, occasion in enumerate(Occasion):
        row = Notice.objects.create(
            user=city.chloe,
            occasion=occasion,
            subject=str(number),
            jurisdiction=city.jurisdiction,
            number=7,
            told_at=timezone.now(),
        )
        client.force_login(city.chloe)
        assert client.get(reverse("notice", args=[row.pk])).status_code == 302
    assert "Earlier" in page(client, city.chloe)


def test_all_that_was_shown_is_marked_read_and_what_came_since_is_not(client: Client, city: City) -> None:
    open_plan(city)
    tell(city)
    shown = Notice.objects.get().pk
    open_plan(city, "f" * 64)
    tell(city)
    client.force_login(city.ben)
    client.post(reverse("notices-read"), {"up_to": str(shown)})
    assert unread_count(city.ben) == 1
    client.post(reverse("notices-read"), {"number": str(Notice.objects.latest("id").pk)})
    assert unread_count(city.ben) == 0
    assert client.post(reverse("notices-read"), {"up_to": "x"}).status_code == 422


def test_reading_is_for_ones_own_only(city: City) -> None:
    open_plan(city)
    tell(city)
    assert read_notices(number=Notice.objects.get().pk, by=city.bea) == 0
    assert read_notices(by=city.ben) == 1
    assert read_notices(by=city.ben) == 0


def test_a_person_chooses_to_be_told_here_alone(client: Client, city: City) -> None:
    client.force_login(city.ben)
    client.post(reverse("notices-choose"), {"how": "here"})
    city.ben.refresh_from_db()
    assert not city.ben.notices_by_mail
    assert choose_mail(wanted=True, by=city.ben)
    city.ben.refresh_from_db()
    assert city.ben.notices_by_mail
    assert client.post(reverse("notices-choose"), {"how": "pigeon"}).status_code == 422


def test_the_bell_costs_one_query(city: City) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        unread_count(city.ben)
    assert len(queries) == 1


def test_the_page_costs_the_same_queries_for_one_notice_and_for_twenty(client: Client, city: City) -> None:
    open_plan(city)
    tell(city)
    page(client, city.ben)
    with CaptureQueriesContext(connection) as one:
        page(client, city.ben)
    for number in range(19):
        open_plan(city, format(number, "064x"))
    tell(city)
    assert unread_count(city.ben) == 20
    with CaptureQueriesContext(connection) as twenty:
        said = page(client, city.ben)
    assert "20 notices to read" in said
    # the bell of the inbox counts requests as before; the notices add nothing
    assert len(twenty) == len(one)


def test_the_api_gives_ones_own_notices_and_marks_them_read(client: Client, city: City) -> None:
    open_plan(city)
    tell(city)
    address = reverse("api-notices")
    assert client.get(address).status_code == 403
    client.force_login(city.bea)
    assert client.get(address).json()["results"] == []
    number = Notice.objects.get().pk
    assert client.post(reverse("api-notice-read", args=[number])).status_code == 404
    client.force_login(city.ben)
    (row,) = client.get(address).json()["results"]
    assert (row["occasion"], row["read_at"]) == ("vote_waits", None)
    assert "waits for your vote" in row["sentence"]
    assert client.post(reverse("api-notice-read", args=[number])).json()["read_at"]


def test_somebody_without_a_role_has_the_page_too(client: Client, city: City) -> None:
    assert "Nothing new" in page(client, city.eve)


def test_only_who_manages_accounts_sees_how_email_does(client: Client, city: City) -> None:
    for who in (city.ben, city.chloe, city.eve):
        client.force_login(who)
        assert client.get(reverse("mail")).status_code == 403
        assert client.post(reverse("mail-retry", args=[1])).status_code == 403


@pytest.mark.usefixtures("db")
def test_the_page_of_email_says_that_it_is_off_and_how_to_set_it(client: Client) -> None:
    build_board_city()
    said = page(client, person("amir"), "mail")
    assert "E-mail is off" in said
    assert "LAMPLIGHT_MAIL_HOST" in said


@pytest.mark.usefixtures("db")
def test_an_email_that_was_given_up_is_tried_again_only_then(client: Client) -> None:
    city, amir = build_board_city(), person("amir")
    open_plan(city)
    tell(city)
    notice, here = Notice.objects.get(), city.jurisdiction
    with pytest.raises(Refused) as refusal, transaction.atomic():
        retry_mail(jurisdiction=here, number=notice.pk, by=amir)
    assert refusal.value.reason is Reason.NOT_OPEN
    with pytest.raises(Refused) as refusal, transaction.atomic():
        retry_mail(jurisdiction=here, number=0, by=amir)
    assert refusal.value.reason is Reason.NOT_FOUND
    Notice.objects.update(mail=Notice.Mail.FAILED, attempts=7, problem="550 no such box")
    with mail_to(1):
        assert "1 e-mail could not be delivered" in page(client, amir, "mail")
        assert "550 no such box" in page(client, amir, "mail")
        assert client.post(reverse("mail-retry", args=[notice.pk])).status_code == 302
        retry_mail(jurisdiction=here, number=notice.pk, by=amir)
    notice.refresh_from_db()
    assert (notice.mail, notice.attempts) == (Notice.Mail.WAITING, 0)
