"""The policy file: the specification's own example, and a line number with every refusal."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from governance.core.cosignature import ML_DSA_44, CosignerKey, CosigningKey
from governance.core.note import SigningKey, VerificationKey
from governance.core.witness_policy import Group, PolicyError, Witness, parse_policy, plain_policy

LOG = SigningKey("log.example/decisions", bytes(range(32))).verification_key
OTHER_LOG = SigningKey("log.example/other", bytes(range(1, 33))).verification_key
KEYS = [CosigningKey(f"w{number}.example/w", bytes([number]) * 32).cosigner_key for number in range(1, 8)]
NAMES = ["X1", "X2", "X3", "Y1", "Y2", "Y3"]
WITNESSES = [f"witness {name} {key.text}\n" for name, key in zip(NAMES, KEYS, strict=False)]
TWO_LEVELS = (
    f"log {LOG.text}\n\n"
    + "".join(WITNESSES[:3])
    + "group X-witnesses 2 X1 X2 X3\n\n"
    + "".join(WITNESSES[3:])
    + "group Y-witnesses any Y1 Y2 Y3\n\ngroup X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n"
)


def test_the_example_of_the_specification_asks_for_two_of_x_and_one_of_y() -> None:
    policy = parse_policy(TWO_LEVELS)
    assert policy.logs == ((LOG, ""),)
    assert [witness.name for witness in policy.witnesses] == NAMES
    assert policy.groups[0] == Group("X-witnesses", 2, ("X1", "X2", "X3"))
    for count in range(7):
        for present in combinations(NAMES, count):
            expected = sum(name[0] == "X" for name in present) >= 2 and any(
                name[0] == "Y" for name in present
            )
            assert policy.satisfied_by(present) is expected


def test_only_witnesses_count_and_never_the_name_of_a_group_or_a_stranger() -> None:
    policy = parse_policy(TWO_LEVELS)
    assert not policy.satisfied_by({"X-and-Y", "X-witnesses", "Y-witnesses"})
    assert not policy.satisfied_by({"X1", "Y1", "somebody"})


def test_a_quorum_may_be_one_witness() -> None:
    policy = parse_policy(WITNESSES[0] + WITNESSES[1] + "quorum X1\n")
    assert policy.satisfied_by({"X1"})
    assert not policy.satisfied_by({"X2"})


@pytest.mark.parametrize(("needed", "enough"), [("any", 1), ("1", 1), ("2", 2), ("3", 3), ("all", 3)])
def test_a_group_asks_for_as_many_as_it_says(needed: str, enough: int) -> None:
    policy = parse_policy("".join(WITNESSES[:3]) + f"group g {needed} X1 X2 X3\nquorum g\n")
    for count in range(4):
        assert policy.satisfied_by(NAMES[:count]) is (count >= enough)


def test_without_witnesses_every_checkpoint_counts() -> None:
    policy = parse_policy(plain_policy(LOG, "https://log.example/"))
    assert policy.quorum is None
    assert policy.satisfied_by(())
    assert policy.logs == ((LOG, "https://log.example/"),)
    assert parse_policy(plain_policy(LOG, "")).logs == ((LOG, ""),)
    assert plain_policy(LOG, "") == f"log {LOG.text}\nquorum none\n"


def test_comments_blank_lines_tabs_and_addresses_are_read() -> None:
    policy = parse_policy(
        f"# who watches\n \t\n  # indented\n\tlog\t{LOG.text}  https://log.example/log \n"
        f"witness  Zoë\t{KEYS[0].text} http://127.0.0.1:8081/w\nquorum Zoë"
    )
    assert policy.logs == ((LOG, "https://log.example/log"),)
    assert policy.witnesses == (Witness("Zoë", KEYS[0], "http://127.0.0.1:8081/w"),)
    assert parse_policy(TWO_LEVELS.encode()) == parse_policy(TWO_LEVELS)


def test_a_witness_may_have_an_ml_dsa_key() -> None:
    key = CosignerKey("modern.example", ML_DSA_44, bytes(range(32)) * 41)
    assert parse_policy(f"witness m {key.text}\nquorum m\n").witnesses[0].key == key


def test_only_the_blanks_of_the_format_separate_words() -> None:
    policy = parse_policy(f"witness a\u00a0b {KEYS[0].text}\nquorum a\u00a0b\n")
    assert policy.witnesses[0].name == "a\u00a0b"


def test_the_key_of_a_log_is_found_by_its_origin() -> None:
    policy = parse_policy(f"log {LOG.text}\nlog {OTHER_LOG.text}\nquorum none\n")
    assert policy.log_key("log.example/other") == OTHER_LOG
    with pytest.raises(PolicyError, match=r"no log 'log\.example/third'"):
        policy.log_key("log.example/third")


def test_a_policy_of_32_logs_witnesses_and_groups_is_read() -> None:
    logs = [SigningKey(f"l{number}.example", bytes([number]) * 32).verification_key for number in range(32)]
    keys = [CosigningKey(f"w{number}.example", bytes([number]) * 32).cosigner_key for number in range(32)]
    lines = [f"log {key.text}" for key in logs]
    lines += [f"witness w{number} {key.text}" for number, key in enumerate(keys)]
    lines += [f"group g{number} any w{number}" for number in range(31)]
    lines += ["group all all w31 " + " ".join(f"g{number}" for number in range(31)), "quorum all"]
    policy = parse_policy("\n".join(lines))
    assert policy.satisfied_by([f"w{number}" for number in range(32)])
    assert not policy.satisfied_by([f"w{number}" for number in range(31)])


TWO = WITNESSES[0] + WITNESSES[1]
RENAMED_LOG = VerificationKey("another.example", LOG.public_key)
RENAMED = CosignerKey("another.example", KEYS[0].kind, KEYS[0].public_key)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "no quorum: add a line"),
        (TWO, "no quorum: add a line"),
        ("quorum none\nquorum none\n", "Line 2 .* second quorum"),
        (TWO + "quorum X1\n\nquorum X1\n", "Line 5 .* second quorum"),
        ("quorum\n", "Line 1 .* 'quorum <name>'"),
        ("quorum a b\n", "Line 1 .* 'quorum <name>'"),
        ("quorum X1\n" + TWO, "Line 1 .*'X1' is no witness or group of a line above"),
        ("quorum None\n", "Line 1 .*'None' is no witness or group"),
        ("log\nquorum none\n", "Line 1 .* 'log <vkey>"),
        (f"log {LOG.text} https://a https://b\nquorum none\n", "Line 1 .* 'log <vkey>"),
        (f"log {LOG.text} ftp://a\nquorum none\n", "Line 1 .*'ftp://a' is not an address"),
        (f"log {LOG.text} https://\nquorum none\n", "Line 1 .* not an address"),
        (f"log {LOG.text} file:///etc/passwd\nquorum none\n", "Line 1 .* not an address"),
        (f"log {KEYS[0].text}\nquorum none\n", "Line 1 .* not an Ed25519 key"),
        ("log a+b\nquorum none\n", "Line 1 .*name\\+key ID\\+base64"),
        (f"log {LOG.text}\n# twice\nlog {LOG.text}\nquorum none\n", "Line 3 .* listed already"),
        (f"log {LOG.text}\nlog {RENAMED_LOG.text}\nquorum none\n", "Line 2 .* listed already"),
        ("witness X1\nquorum none\n", "Line 1 .*'witness <name> <vkey>"),
        (f"witness {KEYS[0].text}\nquorum none\n", "Line 1 .*'witness <name> <vkey>"),
        (f"witness X1 {KEYS[0].text} https://a b\nquorum none\n", "Line 1 .*'witness <name> <vkey>"),
        (f"witness X1 {KEYS[0].text} a\nquorum none\n", "Line 1 .*'a' is not an address"),
        (f"witness X1 {LOG.text}\nquorum none\n", "Line 1 .*type 0x01"),
        (f"witness none {KEYS[0].text}\nquorum none\n", "Line 1 .*'none' is no name"),
        (TWO + f"witness X1 {KEYS[2].text}\nquorum none\n", "Line 3 .*'X1' is taken"),
        (TWO + f"witness X3 {KEYS[0].text}\nquorum none\n", "Line 3 .*key of the witness X3 is listed already"),
        (TWO + f"witness X3 {RENAMED.text}\nquorum none\n", "Line 3 .*key of the witness X3 is listed already"),
        (TWO + "group g any\nquorum g\n", "Line 3 .*'group <name> all"),
        (TWO + "group g\nquorum g\n", "Line 3 .*'group <name> all"),
        (TWO + "group X1 any X2\nquorum X1\n", "Line 3 .*'X1' is taken"),
        (TWO + "group g any X1\ngroup g any X2\nquorum g\n", "Line 4 .*'g' is taken"),
        (TWO + "group none any X1\nquorum none\n", "Line 3 .*'none' is no name"),
        (TWO + "group g any none\nquorum g\n", "Line 3 .*'none' is no witness"),
        (TWO + "group g any X9\nquorum g\n", "Line 3 .*'X9' is no witness"),
        (TWO + "group g any g\nquorum g\n", "Line 3 .*'g' is no witness"),
        (TWO + "group g any h\ngroup h any g\nquorum g\n", "Line 3 .*'h' is no witness"),
        (TWO + "group g 0 X1 X2\nquorum g\n", "Line 3 .*'0' of 2 members"),
        (TWO + "group g 3 X1 X2\nquorum g\n", "Line 3 .*'3' of 2 members"),
        (TWO + "group g -1 X1 X2\nquorum g\n", "Line 3 .*'-1' of 2 members"),
        (TWO + "group g 01 X1 X2\nquorum g\n", "Line 3 .*'01' of 2 members"),
        (TWO + "group g ١ X1 X2\nquorum g\n", "Line 3 .* of 2 members"),
        (TWO + "group g " + "9" * 6_000 + " X1\nquorum g\n", "Line 3 .* of 1 members"),
        (TWO + "group g most X1 X2\nquorum g\n", "Line 3 .*'most' of 2 members"),
        (TWO + "group g any X1 X1\nquorum g\n", "Line 3 .*'X1' is a member already"),
        (TWO + "group g any X1\ngroup h any X1 X2\nquorum h\n", "Line 4 .*'X1' is a member already"),
        ("policy\nquorum none\n", "Line 1 .*'policy' is none of"),
        ("Log a\nquorum none\n", "Line 1 .*'Log' is none of"),
        ("quorum none\r\n", "Line 1 .*control character"),
        ("# \x00\nquorum none\n", "Line 1 .*control character"),
        ("\x0bquorum none\n", "Line 1 .*control character"),
    ],
)  # fmt: skip
def test_a_refusal_names_the_line_and_what_belongs_there(text: str, sentence: str) -> None:
    with pytest.raises(PolicyError, match=sentence):
        parse_policy(text)


def test_a_policy_that_is_no_text_is_refused() -> None:
    with pytest.raises(PolicyError, match="UTF-8"):
        parse_policy(b"quorum none\n\xff")


@pytest.mark.shared_data
def test_the_published_keys_make_a_policy_of_two_of_three(vectors: dict[str, Any]) -> None:
    facts = vectors["checkpoint_and_cosignature_generated"]
    lines = [f"log {facts['log']['vkey']}"]
    lines += [f"witness w{at} {each['vkey_cosig_0x04']}" for at, each in enumerate(facts["witnesses"])]
    policy = parse_policy("\n".join([*lines, "group two 2 w0 w1 w2", "quorum two"]))
    assert policy.log_key(facts["log"]["name"]).text == facts["log"]["vkey"]
    assert [policy.satisfied_by({f"w{at}" for at in range(count)}) for count in range(4)] == [
        False,
        False,
        True,
        True,
    ]
