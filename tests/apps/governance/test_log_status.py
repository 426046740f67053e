"""How the record says it stands: every state of the log, the banner of those who work here, and the same as data."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from governance import log_alarms, log_health, published_log
from governance.core.witness_policy import parse_policy
from governance.log_status import demand
from governance.models import (
    LogHealth,
    LogVerification,
    RecoveryProposal,
)
from governance.published_log import log_key
from governance.tasks import publish_log
from tests.apps.governance.test_log_views import PUBLISHED, SECRET, page, publish_seven_of_nine
from tests.apps.governance.test_sign_checkpoint import write_entries
from tests.cast import City
from tests.witness_manners import refuses
from tests.witness_server import Witnesses


@pytest.fixture
def signed_log(db: None) -> None:
    publish_seven_of_nine()


def lead(client: Client) -> str:
    """The first sentences of the page of the record."""
    said = page(client, "record").split('<p class="lead">')[1].split("</p>")[0]
    return " ".join(said.split()).replace(" </b>", "</b>")


# --- how the record stands --------------------------------------------------------------------------------------


def test_the_record_says_first_how_much_of_it_is_published(client: Client, signed_log: None) -> None:
    assert lead(client).startswith(
        "The record holds 9 entries, and the first 7 are signed and published: whoever"
    )
    assert lead(client).endswith("The newest 2 follow within a minute.")
    publish_log()
    assert lead(client).startswith("The record holds 9 entries, all of them signed and published")


def test_a_record_that_is_not_published_yet_says_so(client: Client, db: None) -> None:
    write_entries(2)
    assert lead(client) == (
        "The record holds 2 entries; none of them is published yet. The first checkpoint follows within a minute."
    )
    assert "which no entry announces yet" in page(client, "record")


def test_without_witnesses_the_record_says_what_that_means(client: Client, signed_log: None) -> None:
    text = page(client, "record")
    assert "names no witness whose word is needed" in text
    assert "None has run here yet" in text


def test_the_record_names_the_witnesses_and_what_the_policy_asks_for(
    client: Client, watched: Witnesses, db: None
) -> None:
    write_entries(3)
    size = publish_log()
    text = page(client, "record")
    assert "north, south. That is as many as the policy asks for." in text
    assert "The cosignature of all of north and south. While it is missing, publishing waits" in text
    assert text.count(f"</span>{size} entries, ") == 2
    assert "Cosigned by north, south." in page(client, "record-entry", 1)
    assert "rests on the witnesses who cosigned it" in page(client, "record-entry", 1)


def test_a_witness_that_fails_is_named_with_its_reason_and_publishing_waits(
    client: Client, watched: Witnesses, db: None
) -> None:
    write_entries(3)
    size = publish_log()
    watched["south"].manner = refuses(503)
    write_entries(1)
    publish_log()
    text = page(client, "record")
    assert lead(client).startswith("<b>The record has not been published since ")
    assert "Publishing has stopped" in text
    assert f"the published log stays at {size} entries" in text
    assert "<b>Not since " in text
    assert "HTTP status 503" in text
    early = page(client, "record-entry", size)
    assert "Not published yet" in early
    assert "load this page again" not in early


def test_where_publishing_goes_on_without_witnesses_the_pages_say_so(
    client: Client, watched: Witnesses, settings: Any, db: None
) -> None:
    settings.LOG_WITHOUT_QUORUM = "proceed"
    watched["south"].down()
    write_entries(3)
    publish_log()
    text = page(client, "record")
    assert "north. That is fewer than the policy asks for." in text
    assert "publishing goes on without it" in text
    assert "Publishing has stopped" not in text
    assert "fewer than the policy asked for when it was published" in page(client, "record-entry", 0)


def test_a_policy_that_cannot_be_read_is_told_without_the_folders_of_the_server(
    client: Client, settings: Any, signed_log: None, tmp_path: Path
) -> None:
    settings.LOG_POLICY_FILE = str(tmp_path / "lost" / "witness-policy")
    text = page(client, "record")
    assert "The witness policy cannot be read" in text
    assert str(tmp_path) not in text


def verified(**found: Any) -> LogVerification:
    """Keep what a full verification found."""
    sound = {"verified_at": timezone.now(), "size": 7, "root": bytes(32), "checkpoints": 3, "seconds": 0.1}
    return LogVerification.objects.create(**sound | found)


def test_the_record_says_when_all_of_it_was_verified_last(client: Client, signed_log: None) -> None:
    verified()
    text = page(client, "record")
    assert "<b>Sound.</b>" in text
    assert "7 entries were computed anew from their bytes and held against 3 checkpoints." in text


def test_a_failed_verification_is_the_first_thing_the_record_says(client: Client, signed_log: None) -> None:
    verified(size=4, first_bad_entry=4, fault="The bytes of entry 4 no longer give its hash.")
    assert lead(client).startswith("<b>The last full verification found something wrong.</b>")
    text = page(client, "record")
    assert "<b>Not sound.</b>" in text
    assert "Rely on no entry from number 4 on" in text
    assert "Verifications that failed" in text
    verified()
    text = page(client, "record")
    assert "something wrong" not in text
    assert "The bytes of entry 4 no longer give its hash." in text, "a later success takes no failure away"


def test_failures_of_the_past_stay_listed_with_their_times(client: Client, signed_log: None) -> None:
    assert "Verifications that failed" not in page(client, "record")
    moment = timezone.now().replace(year=2025, month=3, day=1, hour=8, minute=15)
    fault = {
        "first_bad_entry": 2,
        "fault": "Entry 2 is not as it was: [Errno 5] Bad, see `manage.py verify_ledger`.",
    }
    verified(verified_at=moment, **fault)
    verified(verified_at=moment + timedelta(days=2), **fault)
    verified()
    text = page(client, "record")
    assert "1 Mar 2025, 08:15; 2 times until 3 Mar 2025, 08:15" in text
    assert "Entry 2 is not as it was: bad, see <code>manage.py verify_ledger</code>." in text
    (said,) = client.get(reverse("api-log-status")).json()["failures"]
    assert (said["first_bad_entry"], said["times"]) == (2, 2)


def test_after_a_failed_verification_no_page_promises_what_it_disproved(
    client: Client, signed_log: None
) -> None:
    publish_log()
    verified(size=8, first_bad_entry=4, fault="The bytes of entry 4 no longer give its hash.")
    assert "can tell whether" not in lead(client)
    text = page(client, "record")
    assert "8 entries were read. The first fault is at entry 4: The bytes" in text
    assert "published and cosigned cannot be changed" not in text
    assert "nobody outside has cosigned them" in text


def test_a_log_that_is_not_signed_says_what_that_means(client: Client, signed_log: None) -> None:
    log_health.report_problem(log_health.SIGNING, "Entry 3 is missing or was changed.")
    assert lead(client).startswith("<b>The record has not been signed since ")
    text = page(client, "record")
    assert "Entry 3 is missing or was changed." in text
    assert "you have only our word for those" in text
    assert "has not been signed since" in page(client, "record-entry", 0), "the banner is for everybody here"


def test_what_a_full_disk_says_reaches_the_public_without_folders(client: Client, signed_log: None) -> None:
    log_health.report_problem(
        log_health.PUBLISHING, "[Errno 28] No space left: '/srv/log/public/tile/0/000.new'"
    )
    text = page(client, "record")
    assert "No space left: &#x27;000.new&#x27;" in text
    assert "/srv/" not in text


def test_entries_that_nobody_publishes_are_told_by_their_age(
    client: Client, signed_log: None, settings: Any
) -> None:
    assert "waiting since" not in page(client, "record")
    later = timezone.now() + log_alarms.LATE + timedelta(minutes=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("governance.log_alarms.timezone.now", lambda: later)
        assert lead(client).startswith("<b>New entries have been waiting since ")
        assert "the task that does it is not running" in page(client, "record")
        publish_log()
        assert "waiting since" not in page(client, "record")


def let_out_more(size: int) -> None:
    """Let the published folder know of more entries than the database holds, as after an older backup."""
    note = published_log.published_note()
    assert note is not None
    path = published_log.public_folder().parent / "signed"
    origin, _, rest = note.split("\n", 2)
    path.write_text(f"{origin}\n{size}\n{rest}")


def test_an_older_database_says_that_nothing_is_recorded_and_who_decides(client: Client, city: City) -> None:
    assert publish_log() == PUBLISHED
    let_out_more(400)
    assert lead(client).startswith("<b>Nothing can be recorded at present")
    text = page(client, "record")
    assert "covers 400 entries, and this database holds only 7" in text
    assert "the quorum of an oversight board must agree" in text
    assert "it waits for the board" not in text
    RecoveryProposal.objects.create(
        local_size=7, published_size=400, reason=SECRET, proposed_by=city.chloe, proposed_at=timezone.now()
    )
    text = page(client, "record")
    assert "it waits for the board" in text
    assert "Vine Street" not in text
    assert city.chloe.name not in text


def put_more_in_the_folder() -> int:
    """Publish three more entries in the folder than the database will know; return how many entries it holds."""
    with transaction.atomic():
        here = transaction.savepoint()
        write_entries(3)
        size = publish_log()
        transaction.savepoint_rollback(here)
    return size - 3


def test_an_entry_that_the_database_lost_is_said_to_stand_in_the_published_files(
    client: Client, signed_log: None
) -> None:
    publish_log()
    held = put_more_in_the_folder()
    for index in (held, held + 2):
        answer = client.get(reverse("record-entry", args=[index]))
        text = answer.content.decode()
        assert answer.status_code == 409
        assert f"Entry {index} is published, but not in this database" in text
        assert "There is no entry" not in text
        file = text.split('href="/log/')[1].split('"')[0]
        assert client.get(f"/log/{file}").status_code == 200
        assert f'"index":{index},' in client.get(f"/log/{file}").content.decode("latin-1")
        for name in ("log-entry-leaf", "log-entry-proof", "api-record-entry"):
            refused = client.get(reverse(name, args=[index]))
            assert refused.status_code == 409
            assert f"/log/{file}" in refused.content.decode()
    assert client.get(reverse("record-entry", args=[held + 3])).status_code == 404


def test_the_pages_speak_of_the_checkpoint_in_the_folder(client: Client, city: City) -> None:
    publish_log()
    held = put_more_in_the_folder()
    assert f"hold all {held + 3}" in lead(client)
    assert f"{held + 3} entries. This is what the published checkpoint says" in page(client, "record")
    for text in (
        page(client, "record"),
        client.get(reverse("portal-check", args=["rivermark"])).content.decode(),
    ):
        assert f"{held + 3} entries published · " in text, "the footer"
    said = client.get(reverse("portal-check", args=["rivermark"])).content.decode()
    assert f"Its last published state holds {held + 3} entries" in said
    assert client.get(reverse("api-log-status")).json()["published"] == held + 3


def test_a_folder_that_is_not_genuine_leaves_what_the_database_knows(
    client: Client, signed_log: None
) -> None:
    path = published_log.public_folder() / "checkpoint"
    path.write_text(path.read_text().replace(f"\n{PUBLISHED}\n", "\n8\n", 1))
    assert f"{PUBLISHED} entries published on" in page(client, "record")


# --- witnesses that are missing ----------------------------------------------------------------------------------


def test_an_entry_that_today_s_policy_does_not_accept_is_not_called_proved_without_a_word(
    client: Client, watched: Witnesses, settings: Any, db: None
) -> None:
    settings.LOG_WITHOUT_QUORUM = "proceed"
    for name in ("north", "south"):
        watched[name].down()
    write_entries(3)
    publish_log()
    text = page(client, "record-entry", 0)
    assert "<b>Yes, by this log’s word.</b>" in text
    assert "signed by the log’s key alone" in text
    assert "asks for the cosignature of all of north and south" in text
    assert "this log’s key alone signed it" in page(client, "record")


def test_a_policy_that_came_later_is_answered_with_a_checkpoint_that_it_accepts(
    client: Client, signed_log: None, request: pytest.FixtureRequest
) -> None:
    assert "<b>Yes.</b>" in page(client, "record-entry", 1)
    request.getfixturevalue("watched")
    assert "<b>Yes, by this log’s word.</b>" in page(client, "record-entry", 1)
    publish_log()
    assert "<b>Yes.</b>" in page(client, "record-entry", 1)


def test_what_waits_for_witnesses_is_said_to_be_signed_and_not_published(
    client: Client, watched: Witnesses, db: None
) -> None:
    watched["north"].down()
    write_entries(3)
    assert "is neither signed nor published yet" in page(client, "record-entry", 0)
    publish_log()
    assert "is signed by this log’s key, but not published yet" in page(client, "record-entry", 0)
    assert "nothing is published before" in page(client, "record")
    assert "last cosigned." not in page(client, "record")


def test_what_the_system_says_of_an_error_is_told_in_words(
    client: Client, watched: Witnesses, db: None
) -> None:
    watched["south"].down()
    write_entries(1)
    publish_log()
    text = page(client, "record")
    assert "Errno" not in text
    assert "connection refused" in text


# --- the banner of those who work here ---------------------------------------------------------------------------


def inbox(client: Client, city: City) -> str:
    """What the supervisor finds in her inbox."""
    client.force_login(city.ben)
    return client.get(reverse("inbox")).content.decode()


def test_while_all_is_well_nobody_sees_a_banner(client: Client, city: City) -> None:
    publish_log()
    assert "State of the public record" not in inbox(client, city)


@pytest.mark.parametrize("part", ["signing", "publishing"])
def test_whoever_is_signed_in_learns_that_the_log_stopped_and_that_deeds_go_on(
    client: Client, city: City, part: str
) -> None:
    publish_log()
    log_health.report_problem(part, "There is no space left.")
    text = inbox(client, city)
    assert f"The public record has not been {'signed' if part == 'signing' else 'published'} since" in text
    assert "Deeds are still recorded" in text
    assert "State of the public record" not in client.get(reverse("record")).content.decode(), (
        "said once is enough"
    )
    log_health.report_well(part, size=1)
    assert "State of the public record" not in inbox(client, city)


def test_whoever_is_signed_in_learns_that_deeds_are_refused(client: Client, city: City) -> None:
    write_entries(1)
    publish_log()
    let_out_more(400)
    publish_log()
    assert "Nothing can be decided or recorded at present" in inbox(client, city)


def test_visitors_of_other_pages_are_not_alarmed(client: Client, city: City) -> None:
    log_health.report_problem(log_health.SIGNING, "It stopped.")
    text = client.get(reverse("portal-check", args=[city.jurisdiction.slug])).content.decode()
    assert "State of the public record" not in text


def test_the_banner_costs_one_query_for_visitors_and_two_for_those_who_work_here(
    city: City, django_assert_num_queries: Any
) -> None:
    log_health.report_problem(log_health.SIGNING, "It stopped.")
    with django_assert_num_queries(1):
        assert log_alarms.grave() is None
    with django_assert_num_queries(2):
        assert log_alarms.stopped() is not None


def test_visitors_everywhere_learn_that_a_verification_failed(client: Client, city: City) -> None:
    publish_log()
    verified(size=4, first_bad_entry=2, fault="The bytes of entry 2 no longer give its hash.")
    for text in (
        client.get(reverse("portal"), follow=True).content.decode(),
        client.get(reverse("portal-check", args=[city.jurisdiction.slug])).content.decode(),
        page(client, "record-check"),
    ):
        assert "The last full verification of the public record failed" in text
        assert f'<a href="{reverse("record")}">What is known</a>' in text
    log_health.report_problem(log_health.SIGNING, "It stopped.")
    assert "The last full verification of the public record failed" in inbox(client, city)
    verified()
    client.logout()
    assert "State of the public record" not in client.get(reverse("portal"), follow=True).content.decode()


def test_visitors_everywhere_learn_that_deeds_are_refused(client: Client, city: City) -> None:
    write_entries(1)
    publish_log()
    let_out_more(400)
    text = client.get(reverse("portal"), follow=True).content.decode()
    assert "Nothing can be decided or recorded at present" in text


# --- as data -----------------------------------------------------------------------------------------------------


def test_programs_are_told_the_same_as_people(client: Client, watched: Witnesses, db: None) -> None:
    write_entries(3)
    size = publish_log()
    watched["south"].down()
    write_entries(2)
    publish_log()
    verified(size=size)
    said = client.get(reverse("api-log-status")).json()
    assert (said["entries"], said["published"], said["quorum_met"]) == (size + 2, size, True)
    assert said["cosigners"] == ["north", "south"]
    assert (said["quorum"], said["waits_for_quorum"]) == ("all of north and south", True)
    assert [(each["name"], each["size"], bool(each["problem"])) for each in said["witnesses"]] == [
        ("north", size + 2, False),
        ("south", size, True),
    ]
    assert said["verification"]["size"] == size
    assert said["verifier"]["entry"] is not None
    assert [each["trouble"] for each in said["alarms"]] == ["unpublished"]


def test_programs_are_told_of_an_empty_log_too(client: Client, db: None) -> None:
    said = client.get(reverse("api-log-status")).json()
    assert (said["entries"], said["published"], said["published_at"], said["verification"]) == (
        0,
        0,
        None,
        None,
    )


def test_what_a_policy_asks_for_is_said_in_words(watched: Witnesses) -> None:
    keys = {name: watched[name].key.text for name in ("north", "south")}
    witnesses = "".join(f"witness {name} {key}\n" for name, key in keys.items())
    for rest, words in (
        ("quorum none", ""),
        ("quorum north", "north"),
        ("group both all north south\nquorum both", "all of north and south"),
        ("group one any north south\nquorum one", "at least one of north and south"),
        ("group a any north\ngroup b all a south\nquorum b", "all of north and south"),
    ):
        text = f"log {log_key().verification_key.text}\n{witnesses}{rest}\n"
        assert demand(parse_policy(text)) == words


def test_health_that_nobody_reported_is_no_alarm(client: Client, signed_log: None) -> None:
    LogHealth.objects.all().delete()
    assert "has stopped" not in page(client, "record")
