"""What is put to the vote, and when it may begin."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import rfc8785

from governance.core.policy import Terms
from governance.core.policy_differences import policy_differences
from governance.core.policy_draft import begins, body_digest, check_based_on, check_draft, draft_body
from governance.core.refusals import Reason, Refused

NOW = datetime(2024, 6, 14, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=40)
OLD = Terms(plan_categories=("robbery",), allowed_categories=("robbery",))
NEW = replace(OLD, max_places=8)


def body(terms: Terms = NEW, based_on: int = 1, at: datetime = LATER) -> dict[str, Any]:
    return draft_body(jurisdiction="rivermark", terms=terms, based_on=based_on, in_force_from=at)


def test_the_digest_binds_the_terms_the_version_they_replace_and_the_day() -> None:
    digests = {
        body_digest(each)
        for each in (body(), body(OLD), body(based_on=2), body(at=LATER + timedelta(minutes=1)))
    }
    assert len(digests) == 4
    assert body_digest(body()) == hashlib.sha256(rfc8785.dumps(body())).hexdigest()


def test_a_draft_that_changes_something_later_may_be_put_to_the_vote() -> None:
    check_draft(policy_differences(OLD, NEW), in_force_from=LATER, now=NOW)


@pytest.mark.parametrize(
    ("terms", "at", "reason"), [(OLD, LATER, Reason.ALREADY_DONE), (NEW, NOW, Reason.TOO_LATE)]
)
def test_nothing_new_and_nothing_retroactive(terms: Terms, at: datetime, reason: Reason) -> None:
    with pytest.raises(Refused) as refusal:
        check_draft(policy_differences(OLD, terms), in_force_from=at, now=NOW)
    assert refusal.value.reason is reason


def test_a_draft_against_an_older_version_is_void() -> None:
    check_based_on(2, 2)
    with pytest.raises(Refused, match="It is void") as refusal:
        check_based_on(1, 2)
    assert refusal.value.reason is Reason.DIGEST_CHANGED


def test_a_policy_begins_when_it_says_but_never_before_it_is_adopted_or_before_the_last_one() -> None:
    day = timedelta(days=1)
    assert begins(LATER, now=NOW, newest_from=NOW - day) == LATER
    assert begins(NOW - day, now=NOW, newest_from=NOW - day) == NOW
    assert begins(LATER, now=NOW, newest_from=LATER + day) == LATER + day
